/** Every verb, in the order of `strata help`. */
import type { Verb } from "./command.ts";
import { daemon } from "./daemon.ts";
import { exec } from "./exec.ts";
import { helpVerb } from "./help.ts";
import { launch } from "./launch.ts";
import { list } from "./list.ts";

export const verbs: readonly Verb[] = [launch, list, exec, daemon, helpVerb(() => verbs)];
