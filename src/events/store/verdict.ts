/** What can be wrong with a log, each with its place, its code and what to do. */
import { exitCodes, messageOf, UserError } from "../../errors.ts";
import type { Hint } from "../../errors.ts";
import type { Damage, DamageKind } from "../../model/audit.ts";
import { errorCode } from "../../sys/files.ts";
import { type Archived, placesOf } from "./archive/base.ts";
import { logDirectory } from "./segment.ts";

const hints: Record<DamageKind, readonly Hint[]> = {
  "log-damaged": [
    ["why", "a record that was acknowledged cannot be read any more; nothing was changed or cut"],
    ["next", "strata daemon stop; strata audit repair --from COPY"],
  ],
  "log-incomplete": [
    ["why", "records are missing from the middle of the log"],
    ["next", "strata daemon stop; strata audit repair --from COPY"],
  ],
  "log-chain-broken": [
    ["why", "a record does not follow from the one before it: the log was changed by hand or mixed with another"],
    ["next", "restore the log from a copy, then check it: strata audit verify"],
  ],
  "log-rolled-back": [
    ["why", "the log is shorter than it has been: an older copy was put in its place, or its end was removed"],
    ["next", "strata daemon stop; strata audit repair --from COPY"],
  ],
  "seal-broken": [
    ["why", "a seal beside the log was changed, or made with another key; the records themselves hold"],
    ["next", "compare with a seal kept elsewhere: strata audit verify --seal FILE"],
  ],
  "log-newer": [["next", "update strata: a newer version wrote this log"]],
};

/** The error of a log in read-only mode because of damage. */
export function damageError({ kind, what, segment, offset, position }: Damage): UserError {
  const where = `${segment}, byte ${offset}, position ${position}`;
  return new UserError(kind, `the event log is read-only: ${what} (${where})`, {
    hints: [...(hints[kind] ?? []), ["still works", "list, info, history, exec, shell; machines keep running"]],
    exit: exitCodes.log,
  });
}

/** The error of a log that cannot be written. */
export function storageError(path: string, cause: unknown, freeBytes: number | undefined): UserError {
  const free = freeBytes === undefined ? "free space unknown" : `${Math.floor(freeBytes / 2 ** 20)} MiB free`;
  return new UserError(
    "storage-unavailable",
    `the event log cannot be written: ${causeText(cause)} on ${path}, ${free}`,
    {
      hints: [
        ["why", "no change is accepted that could not be recorded; machines keep running"],
        ["next", "free space or repair the disk, then: strata daemon stop"],
      ],
      exit: exitCodes.log,
      cause,
    },
  );
}

const archivedCode = "log-archived";

/** The error of records that were moved aside: nothing is wrong with the log. */
export function archivedError(archived: Archived, directory: string): UserError {
  const { upTo } = archived;
  const places = placesOf(archived);
  return new UserError(archivedCode, `the events 1 to ${upTo} are archived in ${places.join(", ")}`, {
    hints: [
      ["still here", `everything from event ${upTo + 1} on`],
      [
        "next",
        `strata daemon stop; ${places.map((place) => `cp -n ${place}/*.jsonl ${logDirectory(directory)}/`).join("; ")}`,
      ],
    ],
  });
}

export const isArchived = (error: unknown): boolean => error instanceof UserError && error.code === archivedCode;

/** Of a log that cannot be looked at; what is wrong may pass. */
const unreadableCode = "log-unreadable";

/** Does it say what is wrong with the log itself, and not that it could not be looked at? */
export const isFinding = (error: unknown): error is UserError =>
  error instanceof UserError &&
  error.code.startsWith("log-") &&
  error.code !== unreadableCode &&
  error.code !== archivedCode;

/** The error of a log that cannot be looked at: never taken for an empty one. */
export function unreadableError(path: string, cause: unknown): UserError {
  return new UserError(unreadableCode, `the event log cannot be read: ${causeText(cause)} on ${path}`, {
    hints: [
      ["why", "what cannot be read is not empty: nothing was changed; machines keep running"],
      ["next", "check the disk and the permissions, then: strata audit verify"],
    ],
    exit: exitCodes.log,
    cause,
  });
}

const causeText = (cause: unknown): string => errorCode(cause) ?? messageOf(cause);
