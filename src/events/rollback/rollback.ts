/** A rollback: a plan that is carried out one step after the other, each an operation of its own. */
import { unreachable } from "../../errors.ts";
import type { NewEvent } from "../envelope.ts";
import type { PlannedStep, RollbackEvent } from "./events.ts";

export interface RollbackState {
  readonly id: string;
  readonly number: number;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly plan: readonly PlannedStep[];
  /** Steps that have ended. */
  readonly ended: number;
  /** Operation of the step under way. */
  readonly current?: string;
  readonly failures: readonly { readonly index: number; readonly code: string; readonly reason: string }[];
  readonly isCancelled: boolean;
}

export interface RequestRollback {
  readonly type: "rollback";
  readonly operation: string;
  readonly deadline: string;
  readonly to: { readonly position: number; readonly time: string };
  readonly plan: readonly PlannedStep[];
  readonly undoes?: number;
  readonly redoes?: number;
}

/** How the step under way ended. */
export interface EndStep {
  readonly type: "end-step";
  readonly rollback: string;
  readonly index: number;
  readonly failure?: { readonly code: string; readonly reason: string };
}

export interface CancelRollback {
  readonly type: "cancel-rollback";
  readonly rollback: string;
}

/** Between two steps it ends at once. */
export function decideCancelRollback({ rollback }: CancelRollback, state: RollbackState | undefined): NewEvent[] {
  if (!state || state.isCancelled) return [];
  return [{ type: "rollback.cancel-requested", version: 1, stream: `rollback/${rollback}`, data: {} }];
}

export function decideRollback(command: RequestRollback, nextNumber: number): NewEvent[] {
  const { operation, deadline, to, plan, undoes, redoes } = command;
  if (plan.length === 0) return [];
  const marks = { ...(undoes !== undefined && { undoes }), ...(redoes !== undefined && { redoes }) };
  const data = { number: nextNumber, deadline, ...marks, to: { ...to }, plan: plan.map((step) => ({ ...step })) };
  return [{ type: "rollback.requested", version: 1, stream: `rollback/${operation}`, data }];
}

/** The step's end, and after the last one the rollback's. */
export function decideEndStep(command: EndStep, state: RollbackState | undefined): NewEvent[] {
  const { rollback, index, failure } = command;
  if (!state || state.ended !== index) return [];
  const stream = `rollback/${rollback}`;
  const data = { rollback, index, ...(failure && { failure: { ...failure } }) };
  const ended: NewEvent = { type: "rollback.step-ended", version: 1, stream, data };
  if (index + 1 < state.plan.length && !state.isCancelled) return [ended];
  return [ended, { ...outcome(state, failure), stream }];
}

function outcome({ plan, failures, isCancelled }: RollbackState, last: EndStep["failure"]): Omit<NewEvent, "stream"> {
  const all = [...failures, ...(last ? [last] : [])];
  const [first] = all;
  if (!first && !isCancelled) return { type: "rollback.ended", version: 1, data: { steps: plan.length } };
  const result = isCancelled ? "cancelled" : "failed";
  const reason = first ? `${all.length} of ${plan.length} steps failed, first: ${first.reason}` : "it was cancelled";
  return {
    type: "rollback.failed",
    version: 1,
    data: { step: "rollback", code: first?.code ?? "cancelled", reason, result },
  };
}

export type RollbackFact = RollbackEvent & { readonly time: string; readonly operation?: string };

/** Ended ones fold to nothing. */
export function evolveRollback(
  id: string,
  state: RollbackState | undefined,
  fact: RollbackFact,
): RollbackState | undefined {
  switch (fact.type) {
    case "rollback.requested": {
      const { number, deadline, plan } = fact.data;
      return { id, number, requestedAt: fact.time, deadline, plan, ended: 0, failures: [], isCancelled: false };
    }
    case "rollback.step-begun":
      return state && { ...state, ...(fact.operation !== undefined && { current: fact.operation }) };
    case "rollback.step-ended": {
      if (!state) return undefined;
      const { current: _, ...rest } = state;
      const { index, failure } = fact.data;
      return {
        ...rest,
        ended: index + 1,
        failures: failure ? [...state.failures, { index, ...failure }] : state.failures,
      };
    }
    case "rollback.cancel-requested":
      return state && { ...state, isCancelled: true };
    case "rollback.ended":
    case "rollback.failed":
      return undefined;
    default:
      return unreachable(fact);
  }
}
