/** The parts of the campaign, in the order in which they run. */
import type { Part } from "./part.ts";
import { simulation } from "./simulation/simulation.ts";

export const parts: readonly Part[] = [simulation];
