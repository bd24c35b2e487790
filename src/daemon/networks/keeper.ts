/** Keeps the host's networks as the log wants them: each backend's part applied, links of machines set, refusals recorded. */
import type { Driver } from "../../drivers/driver.ts";
import type { MachineNetwork } from "../../drivers/machine-network.ts";
import { messageOf, UserError } from "../../errors.ts";
import { daemonActor } from "../../events/envelope.ts";
import type { Recorded } from "../../events/envelope.ts";
import { joinedOf } from "../../events/instance/networks.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { World } from "../../events/world.ts";
import type { EventLog } from "../../events/store/log.ts";
import type { Attachment } from "../../model/network.ts";
import type { BridgeFacts } from "../../networks/bridge/facts.ts";
import type { BridgeNetwork } from "../../networks/bridge/index.ts";
import type { NetworkBackend } from "../../networks/network.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Ids } from "../../sys/ids.ts";
import type { Dispatcher } from "../dispatch.ts";
import { attachmentOf } from "./joining.ts";
import { setLinks } from "./links.ts";
import { type OwnerOf, planNetworks } from "./plan.ts";
import { gatherRefusals, type RefusedBatch } from "./refusals.ts";
import { createSide, type Problem, type Side } from "./side.ts";
import { type TapOf, wiringOf } from "./wiring.ts";

/** With the names of taps, and the accounts that may open them. */
export interface BridgeBackend extends BridgeNetwork {
  readonly tapOf: TapOf;
  readonly ownerOf: OwnerOf;
}

export interface Backends {
  readonly user?: NetworkBackend;
  readonly bridge?: BridgeBackend;
}

export interface NetworkKeeper {
  /** Bridges of the host can be made and used. */
  readonly canBridge: boolean;
  /** Resolves when the host has what a machine needs that is about to start. Rejects with why it has not. */
  prepare(instance: InstanceState, signal: AbortSignal): Promise<MachineNetwork>;
  /** Resolves when a machine that runs is plugged into its network, or could not be. Rejects with the signal's reason. */
  connected(instance: InstanceState, signal: AbortSignal): Promise<void>;
  /** Why what this instance needs is not there, as far as is known. */
  problemOf(instance: InstanceState): Problem | undefined;
  /** What of the host bears on instances on bridges; undefined where none is, and none is to be. */
  examineBridge(signal: AbortSignal): Promise<BridgeFacts | undefined>;
  /** From now on. */
  start(): void;
  close(): Promise<void>;
}

export interface KeeperOptions {
  readonly dispatcher: Dispatcher;
  readonly log: Pick<EventLog, "subscribe">;
  readonly driver: Driver;
  readonly backends: Backends;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly isWritable: () => boolean;
  /** The cable of one that runs is plugged in: it may answer again. */
  readonly linked: (id: string) => void;
  readonly report: (line: string) => void;
}

export function keepNetworks(options: KeeperOptions): NetworkKeeper {
  const { dispatcher, log, backends, clock, report } = options;
  const { world } = dispatcher;
  const links = setLinks(options);
  const tell = (id: string, batch: RefusedBatch) =>
    void record(options, id, batch).catch((error: unknown) => report(`refused attempts: ${messageOf(error)}`));
  const refusals = gatherRefusals(clock, (id) => world().instances.has(id), tell);
  const ends: (() => void)[] = [];
  const sides = new Map<Attachment, Side>();
  for (const [name, backend] of Object.entries(backends)) {
    const attachment = name as Attachment;
    const plan = () => {
      const wanted = planNetworks(world(), attachment, backends.bridge?.ownerOf);
      return { wanted, key: JSON.stringify([wanted, runsOf(world())]) };
    };
    sides.set(attachment, createSide({ backend, clock, plan, applied: links.react, report }));
  }
  const react = () => {
    for (const side of sides.values()) side.react();
    links.react();
  };
  return {
    canBridge: backends.bridge !== undefined,
    async prepare(instance, signal) {
      // A machine of the user-mode network is plugged in when it runs; until then nothing leaves it.
      if (joinedOf(instance).attachment === "bridge" || instance.interfaces) {
        const bridge = sides.get("bridge");
        if (!bridge) throw noBridge(instance);
        await bridge.settled(signal);
      }
      return wiringOf(instance, sides.has("user"), backends.bridge?.tapOf);
    },
    async connected(instance, signal) {
      const settled = sides.get(joinedOf(instance).attachment)?.settled(signal);
      await settled?.catch(() => signal.throwIfAborted());
    },
    problemOf: (instance) => sides.get(joinedOf(instance).attachment)?.problem(),
    async examineBridge(signal) {
      const wanted = planNetworks(world(), "bridge", backends.bridge?.ownerOf);
      const isUsed = wanted.ports.length > 0 || attachmentOf(options) === "bridge";
      return isUsed ? backends.bridge?.examine(wanted, signal) : undefined;
    },
    start() {
      for (const backend of Object.values(backends)) ends.push(backend.watch(refusals.add));
      const hear = (records: readonly Recorded[]) => void (records.some(mayMatter) && react());
      ends.push(log.subscribe(hear));
      react();
    },
    async close() {
      for (const end of ends) end();
      refusals.close();
      links.close();
      await Promise.all([...sides.values()].map((side) => side.close()));
    },
  };
}

/** What guests are asked all day changes no network. */
const mayMatter = ({ type, stream }: Recorded): boolean =>
  (stream.startsWith("instance/") || stream.startsWith("network/")) && !type.startsWith("instance.session-");

/** A machine that was started again has to be connected again, though the same is wanted. */
const runsOf = ({ instances }: World): (string | undefined)[] =>
  [...instances.values()].map(({ running }) => running?.since);

async function record({ dispatcher, ids, isWritable }: KeeperOptions, id: string, batch: RefusedBatch): Promise<void> {
  if (!isWritable() || !dispatcher.world().instances.has(id)) return;
  await dispatcher.dispatch({ type: "network-refused", id, ...batch }, { by: daemonActor, command: ids.next() });
}

const noBridge = ({ name }: InstanceState): UserError =>
  new UserError("network-unavailable", `"${name}" is connected to a bridge, and this daemon can make none`, {
    hints: [["next", "strata doctor"]],
  });
