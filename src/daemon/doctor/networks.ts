/** What is wrong with the networks of instances that run. */
import { joinedOf } from "../../events/instance/networks.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { World } from "../../events/world.ts";
import type { Attachment } from "../../model/network.ts";
import type { Check } from "../../model/check.ts";
import type { NetworkKeeper } from "../networks/keeper.ts";

const names: Readonly<Record<Attachment, string>> = {
  user: "user-mode network",
  bridge: "bridged network",
};

/** Of each kind that an instance which runs is connected by. */
export function checkNetworks(
  { instances }: Pick<World, "instances">,
  networks: Pick<NetworkKeeper, "problemOf">,
): Check[] {
  const running = [...instances.values()].filter(({ power }) => power === "running");
  return (["user", "bridge"] as const).flatMap((attachment): Check[] => {
    const [first, ...more] = running.filter((state) => joinedOf(state).attachment === attachment);
    return first ? [checkOne(names[attachment], first, more.length + 1, networks)] : [];
  });
}

function checkOne(
  name: string,
  state: InstanceState,
  count: number,
  networks: Pick<NetworkKeeper, "problemOf">,
): Check {
  const problem = networks.problemOf(state);
  const of = `${count} instance${count === 1 ? "" : "s"}`;
  if (!problem) return { name, verdict: "ok", found: `of ${of}, as it is to be` };
  const next = problem.hints.find(([label]) => label === "next")?.[1] ?? `strata explain ${state.name}`;
  return { name, verdict: "fail", found: `of ${of}: ${problem.message}`, next };
}
