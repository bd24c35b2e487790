/** Points of an instance's past: what people type for one, and what is known of each. */
import { z } from "zod";
import { UserError, exitCodes } from "../errors.ts";
import { Specs } from "./instance.ts";
import { parsePast } from "./past.ts";

/** `snapshot`: asked for; `branch`: a present that was left; `auto`: made by the way, and the first to go. */
export const PointKind = z.enum(["snapshot", "branch", "auto"]);
export type PointKind = z.infer<typeof PointKind>;

/** How sure it is that the files in it are whole: the machine was off, stood still, has its memory with it, or as after a power cut. */
export const Consistency = z.enum(["off", "quiet", "memory", "crash"]);
export type Consistency = z.infer<typeof Consistency>;

/** Memory that a point keeps; it loads only into the same hardware, build and accelerator. */
export const KeptMemory = z.object({
  memory: z.string(),
  memoryBytes: z.int(),
  build: z.string(),
  accelerator: z.string(),
});
export type KeptMemory = z.infer<typeof KeptMemory>;

/** A place that can be gone back to: a frozen layer, with its memory where that was kept, and what the instance was made of. */
export const Point = z.object({
  id: z.string(),
  name: z.string(),
  kind: PointKind,
  layer: z.string(),
  madeAt: z.string(),
  /** Number of the operation that made it. */
  operation: z.int(),
  /** Kind of that operation. */
  cause: z.string(),
  comment: z.string().optional(),
  expires: z.string().optional(),
  isHeld: z.boolean(),
  /** What its layer took on disk when it was frozen. */
  bytes: z.int(),
  consistency: Consistency,
  /** How long the guest stood still for it, milliseconds. */
  pausedMs: z.number().optional(),
  kept: KeptMemory.optional(),
  specs: Specs,
});
export type Point = z.infer<typeof Point>;

export const pointNameMax = 63;
export const commentMax = 500;
const namePattern = /^[A-Za-z](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** Words that mean a point by themselves. */
const reserved: ReadonlySet<string> = new Set(["now", "last"]);

/** The name of a point; throws `point-name-invalid`. */
export function parsePointName(text: string): string {
  if (namePattern.test(text) && text.length <= pointNameMax && !reserved.has(text)) return text;
  throw new UserError("point-name-invalid", `"${text}" is not a name for a snapshot`, {
    exit: exitCodes.usage,
    hints: [
      ...(reserved.has(text) ? [["why", `"${text}" means a point already`] as const] : []),
      ["form", `a letter, then letters, digits, dots and hyphens, at most ${pointNameMax} characters`],
    ],
  });
}

/** An instance, a point of its past, and a path in there. */
export interface PointAddress {
  readonly instance: string;
  readonly point?: string;
  readonly path?: string;
}

/** `web`, `web@good`, `web@14:05:/etc/hosts`, `web.snapshot1` (Multipass's habit). Throws `point-invalid`. */
export function parsePointAddress(text: string): PointAddress {
  const [, instance, at, path] = /^([^@.:/]+)(?:[@.](.+?))?(?::(\/.*))?$/s.exec(text) ?? [];
  if (instance !== undefined)
    return { instance, ...(at !== undefined && { point: at }), ...(path !== undefined && { path }) };
  throw new UserError("point-invalid", `"${text}" names no point`, {
    exit: exitCodes.usage,
    hints: [["form", "INSTANCE@POINT, for example web@good, web@2h or web@14:05:/etc/hosts"]],
  });
}

/** How a point is meant. */
export type PointWord =
  | { readonly by: "name"; readonly name: string }
  | { readonly by: "last" }
  | { readonly by: "now" }
  | { readonly by: "operation"; readonly operation: number }
  /** An age or a time, which a clock has to tell. */
  | { readonly by: "time"; readonly text: string };

/** What kind of POINT the word is; nothing is looked up. */
export function readPointWord(word: string): PointWord {
  if (word === "last") return { by: "last" };
  if (word === "now") return { by: "now" };
  const past = parsePast(word);
  if (past && "operation" in past) return { by: "operation", operation: past.operation };
  return past || !/^[A-Za-z]/.test(word) ? { by: "time", text: word } : { by: "name", name: word };
}
