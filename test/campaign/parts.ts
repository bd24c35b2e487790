/** The parts of the campaign, in the order in which they run: the longest first, which other parts can run beside. */
import { coverage } from "./coverage/coverage.ts";
import { cuts } from "./cuts/cuts.ts";
import { kills } from "./kills/kills.ts";
import { load } from "./load/load.ts";
import { mutations } from "./mutations/mutations.ts";
import { outlive } from "./outlive/outlive.ts";
import type { Part } from "./part.ts";
import { requests } from "./requests/requests.ts";
import { simulation } from "./simulation/simulation.ts";
import { soak } from "./soak/soak.ts";

export const parts: readonly Part[] = [soak, kills, cuts, simulation, outlive, requests, mutations, coverage, load];
