/** The parts of the campaign, in the order in which they run. */
import { cuts } from "./cuts/cuts.ts";
import type { Part } from "./part.ts";

export const parts: readonly Part[] = [cuts];
