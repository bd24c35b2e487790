/** Every verb of this personality. */
import type { MultipassVerb } from "./verb.ts";
import { authenticate } from "./verbs/authenticate.ts";
import { disableZones } from "./verbs/disable-zones.ts";
import { enableZones } from "./verbs/enable-zones.ts";
import { find } from "./verbs/find.ts";
import { get } from "./verbs/get.ts";
import { helpVerb } from "./verbs/help.ts";
import { launch } from "./verbs/launch.ts";
import { networks } from "./verbs/networks.ts";
import { restart } from "./verbs/restart.ts";
import { set } from "./verbs/set.ts";
import { start } from "./verbs/start.ts";
import { suspend } from "./verbs/suspend.ts";
import { version } from "./verbs/version.ts";
import { waitReady } from "./verbs/wait-ready.ts";
import { zones } from "./verbs/zones.ts";

export const verbs: readonly MultipassVerb[] = [
  authenticate,
  disableZones,
  enableZones,
  find,
  get,
  helpVerb(() => verbs),
  launch,
  networks,
  restart,
  set,
  start,
  suspend,
  version,
  waitReady,
  zones,
];
