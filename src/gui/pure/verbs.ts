/** What can be done with one instance, when, and the command line that does the same. */
import type { InstanceView } from "../../model/view.ts";

export type VerbName =
  | "start"
  | "stop"
  | "restart"
  | "suspend"
  | "snapshot"
  | "fork"
  | "rename"
  | "label"
  | "mount"
  | "forward"
  | "detach"
  | "attach"
  | "stop-force"
  | "stop-later"
  | "stop-never"
  | "recover"
  | "delete"
  | "purge";

export interface Verb {
  readonly name: VerbName;
  readonly label: string;
  readonly icon: VerbIcon;
  /** What it does, for the palette and for who listens. */
  readonly about: string;
  /** It asks something first: in a dialog. */
  readonly asks: boolean;
  /** It cannot be taken back. */
  readonly isFinal?: boolean;
  /** Several at once make sense. */
  readonly isForMany: boolean;
  readonly key?: string;
  /** Is it any use now? */
  fits(instance: Seen): boolean;
  /** Words behind `strata`. */
  words(names: readonly string[]): readonly string[];
}

type VerbIcon =
  | "play"
  | "square"
  | "rotate-cw"
  | "pause"
  | "camera"
  | "git-branch"
  | "pencil"
  | "tag"
  | "folder-sync"
  | "link"
  | "unplug"
  | "network"
  | "clock"
  | "power"
  | "archive-restore"
  | "trash-2"
  | "flame"
  | "x";
type Seen = Pick<InstanceView, "state" | "power" | "network" | "stopsAt">;

const isThere = ({ state }: Seen) => state !== "Deleted";
const runs = ({ power }: Seen) => power === "running";
const plain = (verb: string) => (names: readonly string[]) => [verb, ...names];
const first = ([name = "INSTANCE"]: readonly string[]) => name;

export const verbs: readonly Verb[] = [
  {
    name: "start",
    label: "Start",
    icon: "play",
    about: "start it, or go on from its saved memory",
    asks: false,
    isForMany: true,
    key: "s",
    fits: (instance) => isThere(instance) && /^(?:off|suspended|crashed)$/.test(instance.power),
    words: plain("start"),
  },
  {
    name: "stop",
    label: "Stop",
    icon: "square",
    about: "ask the guest to shut down",
    asks: false,
    isForMany: true,
    key: "s",
    fits: runs,
    words: plain("stop"),
  },
  {
    name: "restart",
    label: "Restart",
    icon: "rotate-cw",
    about: "stop it, then start it",
    asks: false,
    isForMany: true,
    fits: runs,
    words: plain("restart"),
  },
  {
    name: "suspend",
    label: "Suspend",
    icon: "pause",
    about: "save its memory and power it off",
    asks: false,
    isForMany: true,
    fits: runs,
    words: plain("suspend"),
  },
  {
    name: "snapshot",
    label: "Snapshot",
    icon: "camera",
    about: "make a point to come back to",
    asks: true,
    isForMany: true,
    key: "p",
    fits: isThere,
    words: plain("snapshot"),
  },
  {
    name: "fork",
    label: "Fork",
    icon: "git-branch",
    about: "make a new instance that begins where this one stands",
    asks: true,
    isForMany: false,
    fits: isThere,
    words: plain("fork"),
  },
  {
    name: "rename",
    label: "Rename",
    icon: "pencil",
    about: "give it another name",
    asks: true,
    isForMany: false,
    fits: isThere,
    words: (names) => ["rename", first(names), "NAME"],
  },
  {
    name: "label",
    label: "Add a label",
    icon: "tag",
    about: "a key and a value to find it by",
    asks: true,
    isForMany: false,
    fits: isThere,
    words: (names) => ["set", `local.${first(names)}.label.KEY=VALUE`],
  },
  {
    name: "mount",
    label: "Mount a folder",
    icon: "folder-sync",
    about: "show it a folder of this machine",
    asks: true,
    isForMany: false,
    fits: isThere,
    words: (names) => ["mount", "SOURCE", first(names)],
  },
  {
    name: "forward",
    label: "Forward a port",
    icon: "link",
    about: "lead a port of this machine into it",
    asks: true,
    isForMany: false,
    fits: isThere,
    words: (names) => ["forward", first(names), "PORT"],
  },
  {
    name: "detach",
    label: "Detach from network",
    icon: "unplug",
    about: "cut it off; what runs inside goes on",
    asks: false,
    isForMany: false,
    fits: (instance) => isThere(instance) && !instance.network.isDetached,
    words: (names) => ["network", "detach", first(names)],
  },
  {
    name: "attach",
    label: "Attach to network",
    icon: "network",
    about: "put it back on its network",
    asks: false,
    isForMany: false,
    fits: (instance) => isThere(instance) && instance.network.isDetached,
    words: (names) => ["network", "attach", first(names)],
  },
  {
    name: "stop-force",
    label: "Stop by force",
    icon: "power",
    about: "take its power, ask nothing: what it has not written is lost",
    asks: true,
    isForMany: false,
    fits: ({ power }) => power === "running" || power === "stopping" || power === "starting",
    words: (names) => ["stop", "--force", ...names],
  },
  {
    name: "stop-later",
    label: "Stop later",
    icon: "clock",
    about: "stop it when a time is over; its users are told",
    asks: true,
    isForMany: true,
    fits: runs,
    words: (names) => ["stop", ...names, "--in", "10m"],
  },
  {
    name: "stop-never",
    label: "Call the stop off",
    icon: "x",
    about: "call off a stop that was to come",
    asks: false,
    isForMany: false,
    fits: ({ stopsAt }) => stopsAt !== undefined,
    words: (names) => ["stop", "--cancel", ...names],
  },
  {
    name: "recover",
    label: "Recover",
    icon: "archive-restore",
    about: "take it out of the trash",
    asks: false,
    isForMany: true,
    fits: ({ state }) => state === "Deleted",
    words: plain("recover"),
  },
  {
    name: "delete",
    label: "Delete",
    icon: "trash-2",
    about: "to the trash, where it is kept for some days",
    asks: false,
    isForMany: true,
    fits: isThere,
    words: plain("delete"),
  },
  {
    name: "purge",
    label: "Purge",
    icon: "flame",
    about: "delete it for good: the disk is gone at once",
    asks: true,
    isFinal: true,
    isForMany: true,
    fits: ({ state }) => state === "Deleted",
    words: plain("purge"),
  },
];

/** What makes sense now, in the order of the table. */
export const fitting = (instance: Seen): readonly Verb[] => verbs.filter((verb) => verb.fits(instance));

/** Verbs that make sense for at least one of several, each with those. */
export function fittingMany<Instance extends Seen>(
  instances: readonly Instance[],
): readonly { readonly verb: Verb; readonly instances: readonly Instance[] }[] {
  return verbs
    .filter(({ isForMany }) => isForMany)
    .map((verb) => ({ verb, instances: instances.filter((each) => verb.fits(each)) }))
    .filter((each) => each.instances.length > 0);
}
