/** Instances in full. The JSON keeps Multipass's shape (`info` by name, its keys) and adds our own. */
import type { GuestFacts } from "../model/guest-facts.ts";
import { formatDuration } from "../model/duration.ts";
import { formatHostPort } from "../model/forward.ts";
import { formatSize } from "../model/size.ts";
import type { AsOf, InstanceView } from "../model/view.ts";
import { healthWord } from "./instances.ts";
import { card, csvOf } from "./table.ts";
import type { Column } from "./table.ts";
import { mountLine, mountRecord } from "./mounts.ts";
import type { Json, JsonObject, Page, View } from "./view.ts";

const digestShown = 12;

/** What a guest says, or said so long ago. */
export type SaidFacts = GuestFacts & { readonly ageMs?: number | undefined };
type Facts = ReadonlyMap<string, SaidFacts>;

/** `asOf`: they are of then. `facts`: what guests say, by id. */
export function infoView(instances: readonly InstanceView[], asOf?: AsOf, facts: Facts = new Map()): View {
  const recordOf = (instance: InstanceView) => infoRecord(instance, facts.get(instance.id));
  const records = instances.map((instance) => ({ name: instance.name, ...recordOf(instance) }));
  return {
    document: {
      schema: 1,
      ...(asOf && { asOf }),
      errors: [],
      info: Object.fromEntries(instances.map((instance) => [instance.name, recordOf(instance)])),
    },
    records,
    csv: csvOf(instances, csvColumns),
    names: instances.map(({ name }) => name),
    table: (page) =>
      instances.map((instance) => card(infoLines(instance, page, facts.get(instance.id)), page)).join("\n\n"),
  };
}

/** Multipass says counts as text and leaves figures of the guest empty while it is off. */
function infoRecord(instance: InstanceView, facts: SaidFacts | undefined): JsonObject {
  const { name: _, image, specs, ipv4: _ipv4, state, points, mounts = [], ...own } = instance;
  const { load = [], memory, disk, release = image.title } = facts ?? {};
  const multipass: JsonObject = {
    state,
    image_hash: image.sha256 ?? "",
    image_release: image.title,
    release,
    cpu_count: String(specs.cpus),
    snapshot_count: String(points),
    load,
    disks: disk ? { sda1: { used: String(disk.usedBytes), total: String(disk.totalBytes) } } : {},
    memory: memory ? { used: memory.usedBytes, total: memory.totalBytes } : {},
    ipv4: addressesOf(instance, facts),
    mounts: Object.fromEntries(mounts.map((mount) => [mount.target, mountRecord(mount)])),
  };
  const age = facts?.ageMs === undefined ? {} : { factsAgeMs: facts.ageMs };
  return { ...multipass, ...age, image, specs, points, ...(own as { [key: string]: Json }) };
}

/** The one that strata gave it comes first. */
const addressesOf = ({ ipv4 }: InstanceView, facts: GuestFacts | undefined): string[] => [
  ...new Set([...ipv4, ...(facts?.ipv4 ?? [])]),
];

/** What only the guest knows. */
function guestLines({ load, memory, disk, release, ageMs }: SaidFacts): Line[] {
  const inUse = [
    ...(memory ? [`${formatSize(memory.usedBytes)} of ${formatSize(memory.totalBytes)} memory`] : []),
    ...(disk ? [`${formatSize(disk.usedBytes)} of ${formatSize(disk.totalBytes)} disk`] : []),
  ];
  return [
    ...(release === undefined ? [] : [["release", release] as const]),
    ...(load ? [["load", load.map((average) => average.toFixed(2)).join(" ")] as const] : []),
    ...(inUse.length > 0 ? [["in use", inUse.join(", ")] as const] : []),
    ...(ageMs === undefined ? [] : [["last said", `${formatDuration(ageMs)} ago: it does not answer now`] as const]),
  ];
}

function infoLines(instance: InstanceView, page: Page, facts: SaidFacts | undefined): Line[] {
  const ipv4 = addressesOf(instance, facts);
  const { name, state, power, health, image, specs, createdAt, startedAt, stoppedAt, stopCause } = instance;
  const { suspended, paused, mounts = [] } = instance;
  const { accelerator, ssh, user, operation, lastFailure, points, machine, cloudInit } = instance;
  const digest = image.sha256 === undefined ? "" : `   sha256 ${image.sha256.slice(0, digestShown)}`;
  const optional: (readonly [string, string] | undefined)[] = [
    operation && [
      "operation",
      `${operation.number}: ${operation.kind}${operation.step === undefined ? "" : `, at ${operation.step}`}`,
    ],
    paused && ["paused", `${page.localTime(paused.at)}: ${paused.reason}; next: strata explain ${name}`],
    lastFailure && [
      "failure",
      `operation ${lastFailure.operation} at ${lastFailure.step}, ${page.localTime(lastFailure.at)}: ${lastFailure.reason}`,
    ],
    ipv4.length > 0 ? ["ipv4", ipv4.join(", ")] : undefined,
    ...networkLines(instance.network),
    ssh && ["ssh", `${user}@${ssh.host}, port ${ssh.port}`],
  ];
  return [
    ["name", name],
    ["state", `${state}   power ${power}, health ${healthWord({ health })}`],
    ...optional.filter((line) => line !== undefined),
    ["image", image.title + digest],
    [
      "size",
      `${specs.cpus} cpu${specs.cpus === 1 ? "" : "s"}, ${formatSize(specs.memory)} memory, ${formatSize(specs.disk)} disk`,
    ],
    ...(facts ? guestLines(facts) : []),
    ...(cloudInit === undefined
      ? []
      : [["cloud-init", `${cloudInit.bytes} bytes   sha256 ${cloudInit.sha256.slice(0, digestShown)}`] as const]),
    ...([accelerator, machine].some(Boolean)
      ? [["hardware", [machine, accelerator].filter(Boolean).join(", ")] as const]
      : []),
    ...(mounts.length === 0 ? [] : [["mounts", mounts.map(mountLine).join("\n")] as const]),
    ["created", page.localTime(createdAt)],
    ...(startedAt === undefined ? [] : [["started", page.localTime(startedAt)] as const]),
    ...(stoppedAt === undefined
      ? []
      : [["stopped", page.localTime(stoppedAt) + (stopCause === undefined ? "" : ` (${stopCause})`)] as const]),
    ...(suspended === undefined
      ? []
      : [["suspended", `${page.localTime(suspended.at)}, ${formatSize(suspended.bytes)} of memory saved`] as const]),
    ...forwardLines(instance),
    ...lifetimeLines(instance, page),
    ["points", String(points)],
    ["id", instance.id],
  ];
}

/** Only what is not so of every instance. */
function networkLines({
  name,
  isStatic,
  address,
  allowNet,
  interfaces,
  isDetached,
  refused,
}: InstanceView["network"]): Line[] {
  const fixed = isStatic ? `, ${address} by request` : "";
  return [
    ...(name === "default" && !isStatic ? [] : [["network", name + fixed] as const]),
    ...(isDetached ? [["detached", "nothing goes in or out"] as const] : []),
    ...(allowNet === "all" ? [] : [["allow-net", allowNet.replaceAll(",", ", ")] as const]),
    ...interfaces.map(({ network, mode, mac }) => ["interface", `${network}, ${mode}, ${mac}`] as const),
    ...(refused ? [["not let out", `${refused.total} times; next: strata explain`] as const] : []),
  ];
}

type Line = readonly [string, string];

/** Ports of the host that lead into it. */
const forwardLines = ({ forwards = [], power }: InstanceView): Line[] => {
  const lines = forwards.map((each) => {
    const lost = each.failure && power === "running" ? `, lost: ${each.failure.reason}` : "";
    return `${formatHostPort(each)} to port ${each.guest}${lost}`;
  });
  return lines.length === 0 ? [] : [["forwards", lines.join("\n")]];
};

/** Where it comes from, how long it stays, and what it is called besides. */
function lifetimeLines(instance: InstanceView, page: Page): Line[] {
  const { autostart, labels = {}, endsAt, ephemeral, stopsAt, deletedAt, expiresAt, origin, from } = instance;
  const named = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const kept = expiresAt === undefined ? "" : `, kept until ${page.localTime(expiresAt)}`;
  const lines: (Line | undefined)[] = [
    origin === undefined ? undefined : ["forked from", origin],
    from === undefined ? undefined : ["imported from", `${from.manager}: ${from.name}`],
    autostart === undefined ? undefined : ["autostart", autostart],
    stopsAt === undefined
      ? undefined
      : ["stops", `${page.localTime(stopsAt)}, unless strata stop --cancel ${instance.name}`],
    endsAt === undefined
      ? undefined
      : ["expires", `${page.localTime(endsAt)}, ${ephemeral ? "for good" : "to the trash"}`],
    ephemeral ? ["ephemeral", "deleted for good when it stops"] : undefined,
    named.length === 0 ? undefined : ["labels", named.join("\n")],
    deletedAt === undefined ? undefined : ["deleted", page.localTime(deletedAt) + kept],
  ];
  return lines.filter((line) => line !== undefined);
}

const csvColumns: readonly Column<InstanceView>[] = [
  { title: "name", cell: ({ name }) => name },
  { title: "id", cell: ({ id }) => id },
  { title: "state", cell: ({ state }) => state },
  { title: "power", cell: ({ power }) => power },
  { title: "health", cell: ({ health }) => health },
  { title: "ipv4", cell: ({ ipv4 }) => ipv4.join(";") },
  { title: "image", cell: ({ image }) => image.title },
  { title: "image_sha256", cell: ({ image }) => image.sha256 ?? "" },
  { title: "cpus", cell: ({ specs }) => String(specs.cpus) },
  { title: "memory", cell: ({ specs }) => String(specs.memory) },
  { title: "disk", cell: ({ specs }) => String(specs.disk) },
  { title: "created", cell: ({ createdAt }) => createdAt },
  { title: "points", cell: ({ points }) => String(points) },
];
