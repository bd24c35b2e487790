/** The reference's spinner: on standard output, also where that is no terminal. */
import type { MultipassContext } from "./context.ts";

const frames = ["|", "/", "-", "\\"] as const;
const frameMs = 100;
/** Takes the line away and stands at its beginning. */
const clearLine = "\u001B[2K\u001B[0A\u001B[0E";

export interface Spinner {
  /** Shows a text with the moving bar behind it, instead of what was there. */
  start(text: string): void;
  /** A whole line, with nothing moving. */
  print(line: string): void;
  /** A line that goes on changing: `Retrieving image: 42%`. */
  update(text: string): void;
  stop(): void;
}

/** For verbs that show nothing while they work. */
export const noSpinner: Spinner = {
  start: () => undefined,
  print: () => undefined,
  update: () => undefined,
  stop: () => undefined,
};

export function createSpinner({ stdout, every }: Pick<MultipassContext, "stdout" | "every">): Spinner {
  let stopTicking: (() => void) | undefined;
  let shown: string | undefined;
  const stop = () => {
    stopTicking?.();
    stopTicking = undefined;
    if (shown !== undefined) stdout.write(clearLine);
    shown = undefined;
  };
  return {
    start(text) {
      if (shown === text) return;
      stop();
      shown = text;
      stdout.write(`${clearLine}${text}  `);
      let frame = 0;
      stopTicking = every(frameMs, () => stdout.write(`\b${frames[frame++ % frames.length]}`));
    },
    print(line) {
      stop();
      stdout.write(`${line}\n`);
    },
    update(text) {
      stopTicking?.();
      stopTicking = undefined;
      shown = text;
      stdout.write(`\r${text}`);
    },
    stop,
  };
}
