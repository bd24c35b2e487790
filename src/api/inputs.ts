/** Parts that several calls of the contract share. */
import { z } from "zod";
import { secret } from "../model/secret.ts";
import { labelKeyPattern, labelsMax, labelValueMax, labelValuePattern } from "../model/label.ts";

/** Names and values that are kept in events. */
export const textMax = 4_096;

/** Its name or id. */
export const instance = z.string().min(1).max(200);

export const Labels = z
  .record(z.string().regex(labelKeyPattern), z.string().max(labelValueMax).regex(labelValuePattern))
  .refine((labels) => Object.keys(labels).length <= labelsMax, `at most ${labelsMax} labels`);

/** As it was typed; kept as a hash. */
export const Passphrase = secret(z.string().max(1_024));

/** A place in the past: right after the last event of an operation, or a moment (UTC, with milliseconds). */
export const At = z.union([
  z.object({ operation: z.int().min(1) }),
  z.object({ time: z.iso.datetime({ precision: 3 }) }),
]);
export const SettingRow = z.object({ key: z.string(), value: z.string(), default: z.string(), about: z.string() });

/** Rows of the history that are wanted; all that is given must fit. */
export const historyFilter = {
  instance: instance.optional(),
  since: z.string().optional(),
  actor: z.string().optional(),
  type: z.string().optional(),
  /** A part of the reason, in capitals or not. */
  reason: z.string().max(1000).optional(),
  /** Only what has set this key: `cpus`, `images.default`. Each row has its `change` then. */
  key: z.string().max(textMax).optional(),
};
