/** Every scenario that power is cut in. */
import { appending } from "./appending.ts";
import { artefacts } from "./artefacts.ts";
import type { Scenario } from "./bed.ts";
import { mending } from "./mending.ts";

export const scenarios: readonly Scenario[] = [...appending, ...mending, ...artefacts];

export function scenarioOf(name: string): Scenario {
  const found = scenarios.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}
