/** The parts of the campaign, in the order in which they run. */
import { coverage } from "./coverage/coverage.ts";
import { mutations } from "./mutations/mutations.ts";
import type { Part } from "./part.ts";
import { requests } from "./requests/requests.ts";
import { simulation } from "./simulation/simulation.ts";

export const parts: readonly Part[] = [simulation, mutations, requests, coverage];
