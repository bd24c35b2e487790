/** Every verb of this personality. */
import type { MultipassVerb } from "./verb.ts";
import { helpVerb } from "./verbs/help.ts";
import { launch } from "./verbs/launch.ts";
import { restart } from "./verbs/restart.ts";
import { start } from "./verbs/start.ts";
import { suspend } from "./verbs/suspend.ts";
import { version } from "./verbs/version.ts";

export const verbs: readonly MultipassVerb[] = [launch, restart, start, suspend, version, helpVerb(() => verbs)];
