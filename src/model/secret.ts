/** What must never be written down: such a value may be asked for, and is in no event, no answer and no message. */
import type { z } from "zod";

export type Secret<Value> = Value & z.core.$brand<"secret">;

/**
 * Marks a schema: its type is branded, and its JSON Schema says `writeOnly`. A test walks the schemas of all events and
 * answers and finds none of these there.
 */
export const secret = <Schema extends z.ZodType>(schema: Schema): z.core.$ZodBranded<Schema, "secret"> & Schema =>
  schema.meta({ writeOnly: true }).brand<"secret">() as z.core.$ZodBranded<Schema, "secret"> & Schema;
