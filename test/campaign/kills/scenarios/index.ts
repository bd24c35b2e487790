/** All scenarios. */
import { imageScenarios } from "./images.ts";
import { instanceScenarios } from "./instances.ts";
import { logScenarios } from "./log.ts";
import { mixedScenarios } from "./mixed.ts";
import { pointScenarios } from "./points.ts";
import type { Scenario } from "./scenario.ts";

export const scenarios: readonly Scenario[] = [
  ...instanceScenarios,
  ...imageScenarios,
  ...logScenarios,
  ...pointScenarios,
  ...mixedScenarios,
];

/** Throws for a name that is none. */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}
