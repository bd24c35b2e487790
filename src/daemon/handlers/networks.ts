/** The calls about networks. */
import type { Input } from "../../api/contract.ts";
import type { CallHandlers } from "../../api/server.ts";
import { networkNamed } from "../../events/network/network.ts";
import { viewAddresses, viewNetwork, viewNetworks } from "../../events/projections/network.ts";
import type { World } from "../../events/world.ts";
import { readHostInterfaces } from "../../networks/host-interfaces.ts";
import { readLeases } from "../networks/leases.ts";
import { whyNoBridging } from "../networks/joining.ts";
import type { Past } from "../past.ts";
import { resolveInstance } from "../resolve.ts";
import { change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

const recordMs = 60_000;

type Names = `network.${"list" | "show" | "leases" | "create" | "delete" | "detach" | "attach"}` | "host.interfaces";

export function networkHandlers(daemon: Daemon, past: Past): Pick<CallHandlers<Caller>, Names> {
  const { dispatcher, log, files } = daemon;
  return {
    "network.list": ({ at }) =>
      at
        ? past.at(at, ({ asOf, world }) => ({ asOf, networks: viewNetworks(world) }))
        : dispatcher.read((world) => ({ networks: viewNetworks(world) })),
    "network.show": ({ name, at }) =>
      at
        ? past.at(at, ({ asOf, world }) => ({ asOf, ...shown(world, name) }))
        : dispatcher.read((world) => shown(world, name)),
    "network.leases": ({ address }) => readLeases(log, address),
    "network.create": ({ name, kind, subnet, ...input }, caller) => {
      const wanted = { name, kind, ...(subnet !== undefined && { subnet }) };
      const build = (_world: World, operation: string) => ({ type: "create-network", operation, ...wanted }) as const;
      return change(daemon, caller, input, build, "is there already");
    },
    "network.delete": ({ name, ...input }, caller) => {
      const build = (_world: World, operation: string) => ({ type: "delete-network", operation, name }) as const;
      return change(daemon, caller, input, build, "is gone already");
    },
    "network.detach": (input, caller) => setCable(daemon, caller, input, "detach-network"),
    "network.attach": (input, caller) => setCable(daemon, caller, input, "attach-network"),
    "host.interfaces": async () => {
      const why = whyNoBridging(daemon)?.message;
      return { interfaces: await readHostInterfaces(files), ...(why !== undefined && { why }) };
    },
  };
}

function shown({ networks, instances }: World, name: string) {
  const network = networkNamed(networks, name);
  return {
    network: viewNetwork(network, instances.values()),
    addresses: viewAddresses(name, instances.values()),
  };
}

function setCable(
  daemon: Daemon,
  caller: Caller,
  input: Input<"network.detach">,
  type: "detach-network" | "attach-network",
) {
  const deadline = new Date(daemon.clock.now().getTime() + recordMs).toISOString();
  const build = (world: World, operation: string) => ({
    type,
    id: resolveInstance(world, input.instance).id,
    operation,
    deadline,
  });
  return change(daemon, caller, input, build, type === "detach-network" ? "is detached already" : "is on its network");
}
