/** A guest and a helper for classic mounts, both played by the test. */
import { createClassicWay } from "../../../src/daemon/mounts/classic.ts";
import type { GuestChannel, GuestExit } from "../../../src/guest/channel.ts";
import type { Piped } from "../../../src/sys/piped.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";
import { running, worldOf } from "../../spec.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A stream that a test writes to. */
function createStream() {
  const chunks: Uint8Array[] = [];
  let isOver = false;
  let wake = () => {};
  const tell = () => wake();
  return {
    push(text: string) {
      chunks.push(bytesOf(text));
      tell();
    },
    end() {
      isOver = true;
      tell();
    },
    async next(): Promise<Uint8Array | undefined> {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk || isOver) return chunk;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async *[Symbol.asyncIterator]() {
      for (let chunk = await this.next(); chunk; chunk = await this.next()) yield chunk;
    },
  };
}

export interface Session {
  readonly words: readonly string[];
  readonly stdout: ReturnType<typeof createStream>;
  readonly stderr: ReturnType<typeof createStream>;
  /** What was written to it. */
  written: string;
  isClosed: boolean;
  end(exit: GuestExit): void;
}

export interface Helper {
  readonly words: readonly string[];
  readonly output: ReturnType<typeof createStream>;
  taken: string;
  isKilled: boolean;
  end(exitCode: number, stderr?: string): void;
}

export function createClassicBed({ uid = 0, check = { exitCode: 0, stderr: "" } } = {}) {
  const clock = createSimulatedClock();
  const sessions: Session[] = [];
  const helpers: Helper[] = [];
  let answer: (session: Session) => void = () => undefined;

  async function enter(_instance: unknown, words: readonly string[]): Promise<GuestChannel> {
    const exit = Promise.withResolvers<GuestExit>();
    const session: Session = {
      words,
      stdout: createStream(),
      stderr: createStream(),
      written: "",
      isClosed: false,
      end(how) {
        session.stdout.end();
        session.stderr.end();
        exit.resolve(how);
      },
    };
    sessions.push(session);
    answer(session);
    return {
      stdout: session.stdout,
      stderr: session.stderr,
      write: async (chunk) => void (session.written += new TextDecoder().decode(chunk)),
      end: () => {},
      resize: () => {},
      signal: () => {},
      close() {
        session.isClosed = true;
        session.end({ lost: "the session was closed" });
      },
      exit: exit.promise,
      closed: Promise.resolve(),
    };
  }

  function pipe(words: readonly string[]): Piped {
    const ended = Promise.withResolvers<{ exitCode?: number; stderr: string }>();
    const helper: Helper = {
      words,
      output: createStream(),
      taken: "",
      isKilled: false,
      end(exitCode, stderr = "") {
        helper.output.end();
        ended.resolve({ exitCode, stderr });
      },
    };
    helpers.push(helper);
    return {
      pid: 1,
      write: () => {},
      send: async (bytes) => void (helper.taken += new TextDecoder().decode(bytes)),
      endInput: () => {},
      read: () => helper.output.next(),
      ended: ended.promise,
      kill() {
        helper.isKilled = true;
        helper.output.end();
        ended.resolve({ stderr: "" });
      },
    };
  }

  const [state] = worldOf(running).instances.values();
  if (!state) throw new Error("bug: there is no instance");
  const way = createClassicWay({
    processes: { run: async () => ({ ...check, stopped: false, stdout: "" }), pipe },
    program: ["strata"],
    uid,
    clock,
    enter,
  });
  return {
    way,
    state,
    clock,
    sessions,
    helpers,
    /** What each session of the guest does from its beginning. */
    answering: (how: typeof answer) => void (answer = how),
  };
}

/** As sshfs comes up in a guest: it says the user's ids, sends its first packet, and is there. */
export function mounts({ stdout, stderr }: Session): void {
  stdout.push("strata-ids 1001 1002\nINI");
  stdout.push("T");
  stderr.push("strata-mounted\n");
}
