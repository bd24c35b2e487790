/** Numbers of signals on this system. */
import { constants } from "node:os";

/** `KILL` -> 9; a signal that this system does not know is 0. */
export function signalNumber(name: string): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return numbers[`SIG${name}`] ?? 0;
}
