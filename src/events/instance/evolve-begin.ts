/** Folds how an instance comes to be: what its intent says of it, and the disk and points that an import brings. */
import { assert } from "../../errors.ts";
import { offeredOf } from "../../model/offer.ts";
import type { OperationKind } from "../../model/operation.ts";
import type { Point } from "../../model/point.ts";
import type { WantedPoint } from "./events.ts";
import type { InstanceFact } from "./evolve.ts";
import { mountsOf, settling } from "./evolve-mounts.ts";
import { networkConfigurationOf } from "./networks.ts";
import type { InstanceState, PendingOperation } from "./state.ts";

type Fact<Type extends InstanceFact["type"]> = Extract<InstanceFact, { type: Type }>;
type Beginning = Fact<"instance.launch-requested" | "instance.fork-requested" | "instance.import-requested">;

export const isBeginning = (fact: InstanceFact): fact is Beginning =>
  fact.type === "instance.launch-requested" ||
  fact.type === "instance.fork-requested" ||
  fact.type === "instance.import-requested";

/** The operation that an intent opens. */
export function open(
  fact: InstanceFact,
  kind: OperationKind,
  data: {
    number: number;
    deadline: string;
    force?: boolean;
    expires?: string | undefined;
    wanted?: WantedPoint | undefined;
  },
  more: Pick<
    PendingOperation,
    "resumes" | "disk" | "wanted" | "restore" | "starts" | "warm" | "import" | "mount" | "mounts"
  > = {},
): PendingOperation {
  assert(fact.operation, `${fact.type} opens an operation`);
  return {
    id: fact.operation,
    number: data.number,
    kind,
    requestedAt: fact.time,
    deadline: data.deadline,
    done: [],
    force: data.force ?? false,
    cancelled: false,
    ...(data.expires === undefined ? {} : { expires: data.expires }),
    ...(data.wanted && { wanted: data.wanted }),
    ...more,
  };
}

/** One that is asked for, and has nothing yet. */
export function begun(fact: Beginning): InstanceState {
  const { name, ordinal, image, specs, mac, address, network, layer, user } = fact.data;
  return {
    id: fact.id,
    name,
    ordinal,
    createdAt: fact.time,
    image: { title: image.name, ...image, ...("offer" in image && image.offer && { offered: offeredOf(image.offer) }) },
    specs,
    mac,
    address,
    ...(network && { network }),
    layer,
    user,
    power: "off",
    reachable: false,
    points: [],
    pointCounts: {},
    sessions: {},
    ...beginning(fact),
  };
}

/** What only a launch brings, or only a fork, or only an import. */
function beginning(fact: Beginning): Partial<InstanceState> {
  switch (fact.type) {
    case "instance.launch-requested": {
      const { cloudInit, labels, mounts, endsAt, ephemeral } = fact.data;
      return {
        pending: open(fact, "launch", fact.data, settling(mounts)),
        ...mountsOf(mounts),
        ...networkConfigurationOf(fact.data),
        ...(cloudInit === undefined ? {} : { cloudInit }),
        ...(labels === undefined ? {} : { labels }),
        ...(endsAt === undefined ? {} : { endsAt }),
        ...(ephemeral === undefined ? {} : { ephemeral }),
      };
    }
    case "instance.fork-requested": {
      const { origin, starts, warm, mounts, detached } = fact.data;
      const cut = detached ? { detached: { at: fact.time } } : {};
      return {
        origin,
        ...mountsOf(mounts),
        ...networkConfigurationOf(fact.data),
        ...cut,
        pending: open(fact, "fork", fact.data, { starts, ...(warm && { warm }), ...settling(mounts) }),
      };
    }
    case "instance.import-requested": {
      const { from, points, now, image } = fact.data;
      return { from, pending: open(fact, "import", fact.data, { import: { sent: image.sha256, points, now } }) };
    }
  }
}

/** It has its disk, and a point for each of the snapshots that were asked for. */
export function imported(state: InstanceState, { data }: Fact<"instance.imported">): InstanceState {
  const { layer, hardware, hostKey, image = state.image, layers } = data;
  const { number = 0, import: wanted } = state.pending ?? {};
  const bytesOf = new Map(layers.map((each) => [each.layer, each.bytes]));
  const points = (wanted?.points ?? []).map(({ tag: _tag, parent: _parent, ...planned }): Point => ({
    ...planned,
    kind: "snapshot",
    operation: number,
    cause: "import",
    isHeld: false,
    bytes: bytesOf.get(planned.layer) ?? 0,
    consistency: "off",
  }));
  points.sort((a, b) => (a.madeAt < b.madeAt ? -1 : 1));
  return { ...state, layer, hardware, hostKey, image, points, pointCounts: { snapshot: points.length } };
}
