/** A guest's command that a test plays itself. */
import type { GuestChannel, GuestExit } from "../../src/guest/channel.ts";

/** A stream that the test pushes into. */
function createFeed() {
  const chunks: Uint8Array[] = [];
  let isOver = false;
  let wake = () => {};
  return {
    push: (chunk: Uint8Array) => {
      chunks.push(chunk);
      wake();
    },
    end: () => {
      isOver = true;
      wake();
    },
    waiting: () => chunks.length,
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (isOver) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** `takes`: false holds stdin back, as a command does that does not read. */
export function fakeChannel({ takes = true } = {}) {
  const [stdout, stderr] = [createFeed(), createFeed()];
  const heard: string[] = [];
  const written: Uint8Array[] = [];
  const exit = Promise.withResolvers<GuestExit>();
  const channel: GuestChannel = {
    stdout,
    stderr,
    write: (chunk) => {
      written.push(chunk.slice());
      return takes ? Promise.resolve() : new Promise(() => {});
    },
    end: () => void heard.push("end"),
    resize: (columns, rows) => void heard.push(`resize ${columns} ${rows}`),
    signal: (name) => void heard.push(`signal ${name}`),
    close: () => {
      heard.push("close");
      finish({ lost: "closed" });
    },
    exit: exit.promise,
    closed: exit.promise.then(() => {}),
  };
  const finish = (end: GuestExit) => {
    stdout.end();
    stderr.end();
    exit.resolve(end);
  };
  return {
    channel,
    stdout,
    stderr,
    heard,
    written,
    writtenBytes: () => written.reduce((sum, { length }) => sum + length, 0),
    finish,
  };
}
