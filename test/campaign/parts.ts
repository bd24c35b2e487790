/** The parts of the campaign, in the order in which they run. */
import { outlive } from "./outlive/outlive.ts";
import { load } from "./load/load.ts";
import type { Part } from "./part.ts";
import { soak } from "./soak/soak.ts";

export const parts: readonly Part[] = [outlive, load, soak];
