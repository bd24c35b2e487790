/** The settings of the reference's client. */
import { UserError } from "../../../errors.ts";
import type { MultipassContext } from "../context.ts";
import { primaryKey } from "../instances.ts";
import { isName } from "../names.ts";
import { lineError } from "../stop.ts";
import { clientInvalid, unrecognized } from "./faults.ts";
import type { Assignment } from "./faults.ts";

export const clientKeys = [primaryKey] as const;

/** Throws `Stop` with exit 1. */
export function readClient({ settings }: Pick<MultipassContext, "settings">, key: string): string {
  const row = settings.list().find((each) => each.key === key);
  if (!row || key !== primaryKey) throw lineError(unrecognized(key));
  return row.value;
}

/** Throws `Stop` with exit 1. */
export function writeClient({ settings }: Pick<MultipassContext, "settings">, assignment: Assignment): void {
  const { key, value } = assignment;
  if (key !== primaryKey) throw lineError(unrecognized(key));
  if (value !== "" && !isName(value)) throw clientInvalid(assignment, "Invalid hostname");
  try {
    settings.set(key, value);
  } catch (error) {
    // A name can be longer there than here.
    if (error instanceof UserError && error.code === "name-invalid")
      throw clientInvalid(assignment, "Invalid hostname");
    throw error;
  }
}
