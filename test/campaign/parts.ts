/** The parts of the campaign, in the order in which they run. */
import { outlive } from "./outlive/outlive.ts";
import type { Part } from "./part.ts";

export const parts: readonly Part[] = [outlive];
