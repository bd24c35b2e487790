/** The whole terminal as one picture that is drawn again and again, and keys. One module, so that a command loads it in one piece. */
import type { Screen } from "../commands/screen.ts";
import { readDescriptor } from "../sys/descriptors.ts";
import { outputStream } from "../sys/output.ts";
import { enterRawMode, terminalSize } from "../sys/terminal.ts";

/** The alternate screen, without a cursor; and back. */
const enter = "\x1b[?1049h\x1b[?25l";
const leave = "\x1b[?25h\x1b[?1049l";
const restOfLine = "\x1b[K";
const restOfScreen = "\x1b[J";
/** q, Ctrl-C and Ctrl-D. */
const leaving = new Set([0x71, 0x03, 0x04]);

/** For a terminal that does not say how large it is. */
const usualRows = 24;

export function openScreen(): Screen {
  const stdout = outputStream(1);
  const restore = enterRawMode();
  stdout.write(enter);
  const left = new AbortController();
  const listen = async () => {
    for await (const chunk of readDescriptor(0)) if (chunk.some((key) => leaving.has(key))) break;
    left.abort();
  };
  listen().catch(() => left.abort());
  return {
    left: left.signal,
    draw: (text) => {
      const lines = text.split("\n").slice(0, terminalSize()?.rows ?? usualRows);
      stdout.write(`\x1b[H${lines.join(`${restOfLine}\r\n`)}${restOfLine}${restOfScreen}`);
      if (stdout.isClosed) left.abort();
    },
    close: () => {
      stdout.write(leave);
      restore();
    },
  };
}
