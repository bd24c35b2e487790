/** The calls about the log as evidence: a seal now, and the proof that the log still begins with what it was. */
import type { CallHandlers } from "../../api/server.ts";
import { exitCodes, UserError } from "../../errors.ts";
import type { EventLog } from "../../events/store/log.ts";
import { proveConsistency } from "../../events/store/seals/prove.ts";
import type { SealView } from "../../model/view.ts";
import type { Caller, Daemon } from "./context.ts";

type Names = "audit.seal" | "audit.consistency";

export function auditHandlers({ log, files, config }: Daemon): Pick<CallHandlers<Caller>, Names> {
  const { directory } = config;
  return {
    "audit.seal": async () => {
      await log.sealNow();
      const seal = viewSeal(log);
      if (seal !== undefined) return seal;
      throw new UserError("seal-missing", "this log has no key to seal with", { exit: exitCodes.failed });
    },
    "audit.consistency": async ({ from, to }) => {
      if (from > to || to > log.durable()) {
        throw new UserError("position-unknown", `the log ends at position ${log.durable()}, not at ${to}`, {
          exit: exitCodes.log,
          hints: [["next", "strata audit verify"]],
        });
      }
      return { path: await proveConsistency({ directory, files }, from, to) };
    },
  };
}

/** The newest seal with its key, as clients see it. */
export function viewSeal(log: EventLog): SealView | undefined {
  const [seal, key] = [log.seal(), log.sealKey()];
  return seal === undefined || key === undefined ? undefined : { note: seal.note, key };
}
