/** What the calls of the contract are made of. */
import { z } from "zod";
import { Failure, OperationResult, Progress } from "../model/operation.ts";
import { Point } from "../model/point.ts";
import { InstanceView, OperationBrief } from "../model/view.ts";

/** What every changing call carries: an id that makes a retry harmless, and the why. */
export const changing = { command: z.uuidv7(), reason: z.string().max(1000).optional() };
export const pointWord = z.string().min(1).max(200);
/** Ten years. */
export const expiresMsMax = 10 * 365 * 86_400_000;
/** 512 KiB of keyring. */
export const keyringBase64Max = 700_000;
export const Digest = z.string().regex(/^[0-9a-f]{64}$/);

/** The answer to a changing call. No operation: nothing had to change (`note` says so). */
export const Accepted = z.object({
  instance: InstanceView.optional(),
  operation: OperationBrief.optional(),
  note: z.string().optional(),
});
export type Accepted = z.infer<typeof Accepted>;

/** How an operation ended, as `operation.follow` closes with it. */
export const Ended = z.object({
  kind: z.literal("ended"),
  operation: OperationBrief,
  result: OperationResult,
  failure: Failure.optional(),
  instance: InstanceView.optional(),
  /** The point that it made: a snapshot, the present that a restore left, or one by the way. */
  point: Point.optional(),
  /** Why the point that it was to make by the way is not there. */
  pointMissed: z.string().optional(),
  durationMs: z.number(),
});
export type Ended = z.infer<typeof Ended>;
export const Following = z.union([Ended, Progress]);
export type Following = z.infer<typeof Following>;

export const call = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out) => ({
  kind: "call" as const,
  input,
  output,
});
/** Answers with NDJSON, a line per item, until the server ends it or the client goes. */
export const stream = <In extends z.ZodType, Item extends z.ZodType>(input: In, output: Item) => ({
  kind: "stream" as const,
  input,
  output,
});
/** Upgrades to frames: the open frame carries `input`. */
export const frames = <In extends z.ZodType>(input: In) => ({ kind: "frames" as const, input, output: z.never() });
