/** What every noun's rules are made of: typed events with a schema, and refusals. */
import { z } from "zod";
import { UserError } from "../errors.ts";

/** A command that the rules do not allow; nothing is recorded. */
export class Rejected extends UserError {}

/** In an intent: the number of the operation that this one undoes, or does again. */
export const undoMarks = { undoes: z.int().optional(), redoes: z.int().optional() };

/** Schema of one event type: `type` and `version` are literals, so a union of them discriminates on `type`. */
export function event<Type extends string, Version extends number, Data extends z.ZodType>(
  type: Type,
  version: Version,
  data: Data,
) {
  return z.object({ type: z.literal(type), version: z.literal(version), data });
}
