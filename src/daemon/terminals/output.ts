/**
 * What a terminal's shell prints, on its way to whoever is attached. While nobody is, it is read all the same and the oldest is
 * lost, so that a program runs on when its user has left, as in tmux. While somebody is, the guest is read at the pace of the
 * fastest of them; one that is outrun has to attach anew.
 */
import { UserError, exitCodes } from "../../errors.ts";
import { createScrollBack } from "./scroll-back.ts";

/** What is remembered of each terminal. */
export const scrollBackBytes = 256 * 1024;
/** The guest is held back when so much waits for the fastest reader. */
export const aheadBytesMax = 64 * 1024;
/** With one more piece, what waits is still remembered. */
const pieceBytesMax = 64 * 1024;

export interface Reader {
  /** Remembered bytes that come before what is new. */
  readonly replay: number;
  /**
   * The next bytes, as soon as there are some and `spend` has let some of them go; undefined at the end. Rejects with
   * `reader-too-slow` when they are lost.
   */
  next(spend: (wanted: number) => Promise<number>): Promise<Uint8Array | undefined>;
  leave(): void;
}

export interface Output {
  /** Takes what a source brings until its end, or until `end`. */
  pump(source: AsyncIterable<Uint8Array>): Promise<void>;
  /** Nothing more comes; what is there is still read. */
  end(): void;
  join(): Reader;
  readers(): number;
}

const outrun = () =>
  new UserError(
    "reader-too-slow",
    "others that are attached have read on, and what was next is not remembered any more",
    {
      exit: exitCodes.guestSide,
      hints: [["next", "attach again"]],
    },
  );

/** Wakes whoever waits for a change. */
function createBell() {
  let waiting: (() => void)[] = [];
  return {
    rung: () => new Promise<void>((resolve) => waiting.push(resolve)),
    ring: () => {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };
}

export function createOutput(): Output {
  const back = createScrollBack(scrollBackBytes);
  const bell = createBell();
  const readers = new Set<{ at: number }>();
  let isOver = false;
  const hasRoom = () => readers.size === 0 || [...readers].some(({ at }) => back.end() - at < aheadBytesMax);

  const join = (): Reader => {
    const reader = { at: back.firstWhole() };
    readers.add(reader);
    return {
      replay: back.end() - reader.at,
      next: async (spend) => {
        while (reader.at === back.end() && !isOver) await bell.rung();
        if (reader.at === back.end()) return undefined;
        const bytes = await spend(back.end() - reader.at);
        if (reader.at < back.start()) throw outrun();
        const part = back.read(reader.at, bytes);
        reader.at += part.length;
        bell.ring();
        return part;
      },
      leave: () => {
        readers.delete(reader);
        bell.ring();
      },
    };
  };
  return {
    pump: async (source) => {
      for await (const chunk of source) {
        for (let from = 0; from < chunk.length; from += pieceBytesMax) {
          while (!hasRoom() && !isOver) await bell.rung();
          if (isOver) return;
          back.append(chunk.subarray(from, from + pieceBytesMax));
          bell.ring();
        }
      }
    },
    end: () => {
      isOver = true;
      bell.ring();
    },
    join,
    readers: () => readers.size,
  };
}
