/** Standard output and error, written completely before a call returns; a reader that left closes them quietly. */
import { fstatSync, writeSync } from "node:fs";
import { UserError, messageOf } from "../errors.ts";

const retryMs = 1;

export interface OutputStream {
  readonly isTerminal: boolean;
  /** The reader went away: what is written now goes nowhere. */
  readonly isClosed: boolean;
  write(data: string | Uint8Array): void;
}

export function outputStream(descriptor: 1 | 2): OutputStream {
  let isClosed = false;
  return {
    isTerminal: isTerminal(descriptor),
    get isClosed() {
      return isClosed;
    },
    write(data) {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      for (let offset = 0; offset < bytes.length && !isClosed;) {
        try {
          offset += writeSync(descriptor, bytes, offset);
        } catch (error) {
          // A pipe that another program made non-blocking is merely full; the reader decides how long.
          if (codeOf(error) === "EAGAIN") Bun.sleepSync(retryMs);
          else if (codeOf(error) === "EPIPE" || codeOf(error) === "EBADF") isClosed = true;
          else
            throw new UserError("output-failed", `the output could not be written: ${messageOf(error)}`, {
              cause: error,
            });
        }
      }
    },
  };
}

/** Linux's device number of /dev/null. */
const nullDevice = 0x103;

/** node:tty brings node:net, which takes 5 ms to load: it is asked only when it could be a terminal. */
function isTerminal(descriptor: 1 | 2): boolean {
  try {
    const status = fstatSync(descriptor);
    if (!status.isCharacterDevice() || status.rdev === nullDevice) return false;
    const tty: typeof import("node:tty") = require("node:tty");
    return tty.isatty(descriptor);
  } catch {
    return false;
  }
}

const codeOf = (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;

/** Columns of the terminal behind a descriptor; undefined when it is none. */
export function columnsOf(descriptor: 1 | 2): number | undefined {
  if (!isTerminal(descriptor)) return undefined;
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  return stream.columns || undefined;
}

/** Cells that a text takes on a terminal; most texts are plain, and counted quickly. */
export const textWidth = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : Bun.stringWidth(text));
