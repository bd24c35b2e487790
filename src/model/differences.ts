/** What is different between an instance and itself at another time: the configuration, key by key, as it is shown. */
import { formatForward, forwardKey } from "./forward.ts";
import { wordsOf } from "./mount-words.ts";
import { formatInterfaces } from "./network-word.ts";
import { formatSize } from "./size.ts";
import type { InstanceView } from "./view.ts";

export interface Difference {
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

/** What does not exist. */
const none = "-";

const single: Readonly<Record<string, (view: InstanceView) => string>> = {
  name: ({ name }) => name,
  cpus: ({ specs }) => String(specs.cpus),
  memory: ({ specs }) => formatSize(specs.memory),
  disk: ({ specs }) => formatSize(specs.disk),
  autostart: ({ autostart }) => autostart ?? "last",
  image: ({ image }) => image.title,
  "allow-net": ({ network }) => network.allowNet,
  interfaces: ({ network }) => formatInterfaces(network.interfaces) || none,
  detached: ({ network }) => (network.isDetached ? "yes" : "no"),
  trash: ({ deletedAt }) => (deletedAt === undefined ? "no" : "yes"),
};

/** In the order of the keys; mounts, forwards and labels by theirs. */
export function differences(before: InstanceView, after: InstanceView): Difference[] {
  const pairs = Object.entries(single).map(([key, value]) => ({ key, before: value(before), after: value(after) }));
  const [had, has] = [severalOf(before), severalOf(after)];
  const several = [...new Set([...had.keys(), ...has.keys()])].sort();
  return [
    ...pairs,
    ...several.map((key) => ({ key, before: had.get(key) ?? none, after: has.get(key) ?? none })),
  ].filter((pair) => pair.before !== pair.after);
}

/** What there may be several of; whether a mount is there at the moment is another matter. */
const severalOf = ({ mounts = [], forwards = [], labels = {} }: InstanceView): Map<string, string> =>
  new Map([
    ...mounts.map((mount) => [`mount:${mount.target}`, wordsOf(mount)] as const),
    ...forwards.map((forward) => [forwardKey(forward), formatForward(forward)] as const),
    ...Object.entries(labels).map(([key, value]) => [`label.${key}`, value] as const),
  ]);
