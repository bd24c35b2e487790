/** Waits for the end of one operation, where the next step needs what it made. */
import type { Ended } from "../../api/shapes.ts";
import { UserError } from "../../errors.ts";
import type { Api } from "../api/client.ts";

/** An operation has a deadline of its own; this is beyond all of them. */
const waitMsMax = 3_600_000;

/** Throws how it failed, when it did. */
export async function untilEnded(api: Api, operation: string): Promise<Ended> {
  for await (const item of api.stream("operation.follow", { operation }, AbortSignal.timeout(waitMsMax))) {
    if (item.kind !== "ended") continue;
    if (item.result === "ok") return item;
    const { code, reason, step } = item.failure ?? { code: item.result, reason: item.result, step: "end" };
    throw new UserError(code, `${item.operation.kind} failed at ${step}: ${reason}`, {
      hints: [["why", `strata show ${item.operation.number}`]],
    });
  }
  throw new UserError("connection-broken", "the daemon stopped telling how the operation goes on", {
    hints: [["next", "strata history"]],
  });
}
