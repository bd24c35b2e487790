/** What guests that run say of themselves, in one call for all; who is silent is shown with what the daemon knows. */
import type { InstanceView } from "../../model/view.ts";
import type { MultipassContext } from "./context.ts";
import type { Amount, LiveFacts } from "./shapes/info-instance.ts";

type Said = NonNullable<Awaited<ReturnType<typeof ask>>[number]["facts"]>;

/** By id, of all that are given, which run. */
export async function readLive(
  { api }: Pick<MultipassContext, "api">,
  running: readonly InstanceView[],
): Promise<ReadonlyMap<string, LiveFacts>> {
  const ids = running.map(({ id }) => id);
  const answers = ids.length === 0 ? [] : await ask(api, ids);
  const said = new Map(answers.map(({ id, facts }) => [id, facts]));
  return new Map(running.map((view) => [view.id, liveOf(view, said.get(view.id))]));
}

const ask = (api: MultipassContext["api"], instances: string[]) => api.call("instance.facts", { instances });

/** The address that the daemon reaches it at comes first. */
function liveOf({ ipv4, specs }: InstanceView, said: Said | undefined): LiveFacts {
  return {
    ipv4: [...new Set([...ipv4, ...(said?.ipv4 ?? [])])],
    release: said?.release ?? "",
    cpus: specs.cpus,
    load: said?.load?.map((load) => load.toFixed(2)) ?? [],
    disk: amountOf(said?.disk),
    memory: amountOf(said?.memory),
  };
}

const amountOf = (used: Said["disk"]): Amount | undefined => used && { used: used.usedBytes, total: used.totalBytes };
