/** A network backend in virtual time: it plugs in what runs, and fails while there is trouble. */
import { planNetworks } from "../../src/daemon/networks/plan.ts";
import { UserError } from "../../src/errors.ts";
import type { World } from "../../src/events/world.ts";
import type { NetworkBackend, Refusal } from "../../src/networks/network.ts";
import type { Simulation } from "./simulation.ts";

/** A helper that outlives the daemon has what it was told last. */
export function simulatedNetwork(simulation: Simulation): NetworkBackend {
  const { random, trouble, clock, machines } = simulation;
  const listeners = new Set<(refusals: readonly Refusal[]) => void>();
  return {
    async apply(wanted, signal) {
      await clock.sleep(random.below(50), signal);
      if (trouble.isOn() && random.chance(0.1)) throw new UserError("network-unavailable", "the switch is gone");
      simulation.network = JSON.stringify(wanted);
      for (const { instance } of wanted.ports) {
        const machine = machines.machines.get(instance);
        if (machine?.power === "running") machine.link = "plugged";
      }
      const [port] = wanted.ports;
      if (port && random.chance(0.2))
        for (const listener of listeners)
          listener([{ instance: port.instance, destination: "192.0.2.1", protocol: "tcp", port: 443, count: 1 }]);
    },
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {},
  };
}

/** The backend has what the log asks for, machines are plugged in, and cables are pulled of those that are detached. */
export function networkUnsettled({ machines, network }: Simulation, world: World): string | undefined {
  const wanted = JSON.stringify(planNetworks(world, "user"));
  if (network !== wanted) return `the network is ${network}, wanted is ${wanted}`;
  for (const { id, name, detached } of world.instances.values()) {
    const machine = machines.machines.get(id);
    if (machine?.power !== "running") continue;
    if (machine.link !== "plugged") return `${name} is plugged into nothing`;
    if ((machine.isCut ?? false) !== (detached !== undefined)) return `the cable of ${name} is not as it is to be`;
  }
  return undefined;
}
