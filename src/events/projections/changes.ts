/** What an operation sets: each key of a configuration, before and after. */
import { formatForward, type Forward, forwardKey } from "../../model/forward.ts";
import type { Change } from "../../model/view.ts";
import type { Mount } from "../../model/mount.ts";
import type { Recorded } from "../envelope.ts";
import { type NetworkFacts, networkValues } from "./network.ts";
import { withoutHidden } from "./hidden.ts";

type Value = Change["after"];

/** The key that such an event sets: `cpus`, `label.env`, `good.comment`. */
export function keyOf(data: Recorded["data"]): string {
  if (data["mount"] !== undefined) return mountKey(data["mount"] as Mount);
  if (data["key"] === "label") return `label.${String(data["label"])}`;
  return data["point"] === undefined ? String(data["key"]) : `${String(data["name"])}.${String(data["key"])}`;
}

/** `mount:/src`: the key of what is mounted there. */
const mountKey = ({ target }: Mount): string => `mount:${target}`;

/** Of the event that opened the operation; `before` is null for what did not exist. Whether it came to that, its outcome tells. */
export function changesOf({ type, data: told }: Recorded): Change[] {
  const data = withoutHidden(told);
  const { key, before, value, name } = data as Readonly<Record<string, Value>>;
  if (type === "instance.renamed") return [{ key: "name", before: before ?? null, after: name ?? null }];
  if (type === "instance.mount-requested" || type === "instance.unmount-requested") {
    const mount = data["mount"] as Mount;
    const [was, is] = type === "instance.mount-requested" ? [null, mount.source] : [mount.source, null];
    return [{ key: mountKey(mount), before: was, after: is }];
  }
  if (type === "instance.launch-requested") return firstValues(data);
  if (type === "instance.forward-added" || type === "instance.forward-removed") return [forwardChange(type, data)];
  if (key === "label" || key === "comment") return [{ key: keyOf(data), before: before || null, after: value || null }];
  return typeof key === "string" ? [{ key: keyOf(data), before: before ?? null, after: value ?? null }] : [];
}

function forwardChange(type: string, data: Recorded["data"]): Change {
  const forward = data as unknown as Forward;
  const [key, value] = [forwardKey(forward), formatForward(forward)];
  return type === "instance.forward-added" ? { key, before: null, after: value } : { key, before: value, after: null };
}

function firstValues(data: Recorded["data"]): Change[] {
  const {
    name,
    specs,
    labels = {},
    mounts = [],
    ...networks
  } = data as unknown as {
    name: string;
    specs: Record<string, number>;
    labels?: Record<string, string>;
    mounts?: Mount[];
  } & NetworkFacts;
  const ofLabels = Object.entries(labels).map(([label, value]) => [`label.${label}`, value]);
  const ofMounts = mounts.map((mount) => [mountKey(mount), mount.source]);
  const values: Record<string, Value> = {
    name,
    ...specs,
    ...Object.fromEntries(ofLabels),
    ...Object.fromEntries(ofMounts),
    ...networkValues(networks),
  };
  return Object.entries(values).map(([key, after]) => ({ key, before: null, after }));
}
