/** The calls that only look: answered from the fold or the log, never from a guest. */
import type { CallHandlers } from "../../api/server.ts";
import { UserError } from "../../errors.ts";
import { explainInstance } from "../../events/projections/explain.ts";
import { createHistoryFold, type NameOf } from "../../events/projections/history.ts";
import { viewInstance, viewInstances } from "../../events/projections/instances.ts";
import type { EventLog } from "../../events/store/log.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { Explanation, HistoryRow } from "../../model/view.ts";
import { systemNetwork } from "../../sys/network.ts";
import type { Input } from "../../api/contract.ts";
import { examineReach, isSilent } from "../doctor/reach.ts";
import { resolveInstance, resolveOperation } from "../resolve.ts";
import { operationOf } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

type Names = "instance.list" | "instance.info" | "instance.explain" | "operation.show" | "history.list";

export function readingHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, Names> {
  const { dispatcher, log, clock } = daemon;
  return {
    "instance.list": () => dispatcher.read(viewInstances),
    "instance.info": ({ instances }) =>
      dispatcher.read((world) => instances.map((name) => viewInstance(resolveInstance(world, name)))),
    "instance.explain": async ({ instance }) => {
      const state = await dispatcher.read((world) => resolveInstance(world, instance));
      return withReach(daemon, state, explained(daemon, state, clock.now().getTime()));
    },
    "operation.show": async ({ operation }) => operationOf(daemon, await resolveOperation(log, operation)),
    "history.list": (input) => history(daemon, input),
  };
}

/** With what the host does not have for it; only of a machine that needs it now. */
function explained({ networks }: Daemon, state: InstanceState, nowMs: number): Explanation {
  const explanation = explainInstance(state, nowMs);
  const problem = state.power === "running" || state.pending ? networks.problemOf(state) : undefined;
  if (!problem) return explanation;
  const facts = [...explanation.facts, { label: "not there", text: `${problem.message} [${problem.code}]` }];
  return { ...explanation, facts };
}

/** Of a guest that should answer and does not: how far one gets. */
async function withReach({ driver }: Daemon, state: InstanceState, explanation: Explanation): Promise<Explanation> {
  if (!isSilent(state)) return explanation;
  const { found, next } = await examineReach({ driver, network: systemNetwork }, state);
  return { ...explanation, facts: [...explanation.facts, { label: "reached", text: `no: ${found}` }], next };
}

async function history(daemon: Daemon, input: Input<"history.list">): Promise<HistoryRow[]> {
  const { log } = daemon;
  const stream = input.instance === undefined ? undefined : await streamOf(daemon, input.instance);
  const upTo = input.until === undefined ? log.durable() : await log.positionAt(input.until);
  return rowsUpTo(daemon, { ...input, stream }, upTo);
}

/** Rows of what was recorded up to a position; `reverse`: the oldest of them first. */
export async function rowsUpTo(
  daemon: Daemon,
  input: Omit<Input<"history.list">, "instance" | "until"> & { readonly stream: string | undefined },
  upTo: number,
): Promise<HistoryRow[]> {
  const { stream, since, limit, reverse, ...filter } = input;
  const fold = createHistoryFold(limit, filter);
  const records = daemon.log.read({ reverse: true, upTo, ...(stream === undefined ? {} : { stream }) });
  for await (const record of records) {
    if (since !== undefined && record.time < since) break;
    if (!fold.add(record)) break;
  }
  const rows = fold.rows(await namesOf(daemon, fold.instances()));
  return reverse ? rows.reverse() : rows;
}

/** Names of instances by id, those that are gone among them. */
export async function namesOf({ dispatcher, log }: Daemon, ids: readonly string[]): Promise<NameOf> {
  const names = new Map<string, string>();
  for (const id of ids) names.set(id, dispatcher.world().instances.get(id)?.name ?? (await formerName(log, id)) ?? id);
  return (id) => names.get(id);
}

/** Of a living instance, else of the newest one that ever had the name; throws `instance-not-found`. */
export const streamOf = async (daemon: Daemon, name: string): Promise<string> => `instance/${await idOf(daemon, name)}`;

/** The name that an instance had when it was made; for those that are gone. */
async function formerName(log: EventLog, id: string): Promise<string | undefined> {
  for await (const record of log.read({ stream: `instance/${id}`, limit: 1 })) return String(record.data["name"]);
  return undefined;
}

/** Id of a living instance, else of the newest one that ever had the name; throws `instance-not-found`. */
async function idOf({ dispatcher, log }: Daemon, name: string): Promise<string> {
  const world = dispatcher.world();
  try {
    return resolveInstance(world, name).id;
  } catch (notFound) {
    for await (const record of log.read({ reverse: true })) {
      if (
        (record.type === "instance.launch-requested" || record.type === "instance.fork-requested") &&
        record.data["name"] === name
      )
        return record.stream.slice("instance/".length);
    }
    throw notFound instanceof UserError ? notFound : new Error("bug: resolving failed", { cause: notFound });
  }
}
