/** Whose setting a key of the reference is. */
import { daemonSettings } from "./daemon.ts";
import type { DaemonKey } from "./daemon.ts";

export const instanceProperties = ["cpus", "memory", "disk", "bridged"] as const;
export type InstanceProperty = (typeof instanceProperties)[number];
export const snapshotProperties = ["name", "comment"] as const;
export type SnapshotProperty = (typeof snapshotProperties)[number];

export type Key =
  | { readonly of: "client" }
  | { readonly of: "daemon"; readonly name: DaemonKey }
  | { readonly of: "instance"; readonly instance: string; readonly property: InstanceProperty }
  | {
      readonly of: "snapshot";
      readonly instance: string;
      readonly snapshot: string;
      readonly property: SnapshotProperty;
    }
  | { readonly of: "nobody" };

/** Of all keys that the daemon of the reference answers for; what else there is, is the client's. */
const daemonPrefix = "local.";

export function readKey(text: string): Key {
  if (!text.startsWith(daemonPrefix)) return { of: "client" };
  if (isDaemonKey(text)) return { of: "daemon", name: text };
  const [, instance, instanceWord] = /^local\.(.+)\.([^.]+)$/.exec(text) ?? [];
  const property = instanceProperties.find((each) => each === instanceWord);
  if (instance !== undefined && property) return { of: "instance", instance, property };
  const [, owner, snapshot, snapshotWord] = /^local\.([^.]+)\.(.+)\.([^.]+)$/.exec(text) ?? [];
  const word = snapshotProperties.find((each) => each === snapshotWord);
  if (owner === undefined || snapshot === undefined || !word) return { of: "nobody" };
  return { of: "snapshot", instance: owner, snapshot, property: word };
}

const isDaemonKey = (text: string): text is DaemonKey => Object.hasOwn(daemonSettings, text);
