/** Standard output and error, written completely before a call returns; a reader that left closes them quietly. */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";

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
    isTerminal: isatty(descriptor),
    get isClosed() {
      return isClosed;
    },
    write(data) {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      for (let offset = 0; offset < bytes.length && !isClosed; ) {
        try {
          offset += writeSync(descriptor, bytes, offset);
        } catch (error) {
          // A pipe that another program made non-blocking is merely full; the reader decides how long.
          if (codeOf(error) === "EAGAIN") Bun.sleepSync(retryMs);
          else if (codeOf(error) === "EPIPE" || codeOf(error) === "EBADF") isClosed = true;
          else throw error;
        }
      }
    },
  };
}

const codeOf = (error: unknown) => (typeof error === "object" && error !== null && "code" in error ? error.code : undefined);

/** Columns of the terminal behind a descriptor; undefined when it is none. */
export function columnsOf(descriptor: 1 | 2): number | undefined {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  return isatty(descriptor) ? stream.columns : undefined;
}

export const textWidth = (text: string): number => Bun.stringWidth(text);
