/** Which instances a text in the search field leaves: all its words must be found. */
import { parseFilter } from "../../model/filter.ts";
import type { InstanceView } from "../../model/view.ts";

type Seen = Pick<InstanceView, "name" | "state" | "ipv4" | "image" | "labels" | "health">;

/** Words of the command line's filters (`state=running`, `label=use=demo`, `name=web-*`) count as such, others are looked for. */
export function fitsText(text: string): (instance: Seen) => boolean {
  const tests = text.trim().split(/\s+/).filter(Boolean).map(testOf);
  return (instance) => tests.every((test) => test(instance));
}

function testOf(word: string): (instance: Seen) => boolean {
  if (/^(?:label|state|name)=./.test(word)) {
    try {
      return parseFilter(word);
    } catch {
      // Half typed: looked for as it stands.
    }
  }
  const wanted = word.toLowerCase();
  return (instance) => textOf(instance).includes(wanted);
}

const textOf = ({ name, state, ipv4, image, labels, health }: Seen): string =>
  [name, state, health, ...ipv4, image.title, image.name, ...Object.entries(labels ?? {}).map((pair) => pair.join("="))]
    .join(" ")
    .toLowerCase();

/** How many there are in each state that the filter chips offer. */
export interface Counts {
  readonly all: number;
  readonly running: number;
  readonly stopped: number;
  readonly trouble: number;
  readonly trash: number;
}
export type Chip = keyof Counts;

const chipTests: Readonly<Record<Chip, (instance: InstanceView) => boolean>> = {
  all: ({ state }) => state !== "Deleted",
  running: ({ power, state }) => power === "running" && state !== "Deleted",
  stopped: ({ power, state }) => (power === "off" || power === "suspended") && state !== "Deleted",
  trouble: ({ state, health, power, lastFailure }) =>
    state !== "Deleted" &&
    (state === "Crashed" ||
      (power === "running" && (health === "unreachable" || health === "paused")) ||
      lastFailure !== undefined),
  trash: ({ state }) => state === "Deleted",
};
export const chips = Object.keys(chipTests) as readonly Chip[];

export const fitsChip = (chip: Chip) => chipTests[chip];

export function countsOf(instances: readonly InstanceView[]): Counts {
  const count = (chip: Chip) => instances.filter(chipTests[chip]).length;
  return {
    all: count("all"),
    running: count("running"),
    stopped: count("stopped"),
    trouble: count("trouble"),
    trash: count("trash"),
  };
}
