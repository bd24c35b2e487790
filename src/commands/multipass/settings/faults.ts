/** What is said of settings that there are not, and of values that they cannot have. */
import { failed, lineError } from "../stop.ts";
import type { Stop } from "../stop.ts";

/** What a line of `set` says. */
export interface Assignment {
  readonly key: string;
  readonly value: string;
}

export const unrecognized = (key: string): string => `Unrecognized settings key: '${key}'`;
export const invalidText = ({ key, value }: Assignment, why: string): string =>
  `Invalid setting '${key}=${value}': ${why}`;

/** Of the client's own settings: an error of the line. */
export const clientInvalid = (assignment: Assignment, why: string): Stop => lineError(invalidText(assignment, why));
/** Of the daemon's. */
export const daemonInvalid = (assignment: Assignment, why: string): Stop => failed("set", invalidText(assignment, why));
