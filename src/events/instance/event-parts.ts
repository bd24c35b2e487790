/** What several events of an instance carry. */
import { z } from "zod";
import { Offered } from "../../model/offer.ts";
import { OperationResult, Step } from "../../model/operation.ts";
import { undoMarks } from "../decider.ts";

/** What opens an operation carries: its number in this data directory and the time when it is given up. */
export const intent = z.object({ number: z.int(), deadline: z.string(), ...undoMarks });
export const none = z.object({});
export const Endpoint = z.object({ host: z.string(), port: z.int() });
export const Why = z.object({ step: Step, code: z.string(), reason: z.string(), result: OperationResult });

/** An image of the vault. */
export const StoredImage = z.object({
  name: z.string(),
  title: z.string(),
  sha256: z.string(),
  offered: Offered.optional(),
});

export const Hardware = z.looseObject({ driver: z.string(), machine: z.string() });
