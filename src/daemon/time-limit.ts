/** The time limit of a command in a guest: when it passes, the command is asked to end, then killed, then given up. */
import { exitCodes, UserError } from "../errors.ts";
import type { Clock } from "../sys/clock.ts";

/** How long a command may take to end once it was asked to; and once it was killed, until nobody waits for it any more. */
const endGraceMs = 5_000;

export type EndSignal = "TERM" | "KILL";

export interface TimeLimit {
  isOver(): boolean;
  /** Never resolves; rejects with `command-not-ended` when the command did not end even though it was killed. */
  readonly givenUp: Promise<never>;
  /** The command has ended. */
  disarm(): void;
}

/** Counts from now. `send` gives the command a signal, and resolves when it has got it or cannot get it. `instance`: its name. */
export function limitTime(
  clock: Pick<Clock, "sleep">,
  { ms, instance }: { readonly ms: number; readonly instance: string },
  send: (name: EndSignal) => Promise<void>,
): TimeLimit {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  givenUp.catch(() => undefined);
  const ended = new AbortController();
  let isOver = false;
  const end = async () => {
    await clock.sleep(ms, ended.signal);
    isOver = true;
    for (const name of ["TERM", "KILL"] as const) {
      await send(name);
      await clock.sleep(endGraceMs, ended.signal);
    }
    reject(notEnded(instance));
  };
  end().catch(() => undefined);
  return { isOver: () => isOver, givenUp, disarm: () => ended.abort() };
}

const notEnded = (instance: string) =>
  new UserError("command-not-ended", "the command's time was up, and it did not end when it was killed", {
    exit: exitCodes.guestSide,
    hints: [["next", `strata explain ${instance}`]],
  });
