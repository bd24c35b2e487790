/** The parts of the campaign, in the order in which they run. */
import { kills } from "./kills/kills.ts";
import type { Part } from "./part.ts";

export const parts: readonly Part[] = [kills];
