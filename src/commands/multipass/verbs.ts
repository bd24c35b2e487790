/** Every verb of this personality. */
import type { MultipassVerb } from "./verb.ts";
import { authenticate } from "./verbs/authenticate.ts";
import { clone } from "./verbs/clone.ts";
import { remove } from "./verbs/delete.ts";
import { disableZones } from "./verbs/disable-zones.ts";
import { enableZones } from "./verbs/enable-zones.ts";
import { find } from "./verbs/find.ts";
import { get } from "./verbs/get.ts";
import { helpVerb } from "./verbs/help.ts";
import { info } from "./verbs/info.ts";
import { launch } from "./verbs/launch.ts";
import { list } from "./verbs/list.ts";
import { networks } from "./verbs/networks.ts";
import { purge } from "./verbs/purge.ts";
import { recover } from "./verbs/recover.ts";
import { restart } from "./verbs/restart.ts";
import { restore } from "./verbs/restore.ts";
import { set } from "./verbs/set.ts";
import { snapshot } from "./verbs/snapshot.ts";
import { start } from "./verbs/start.ts";
import { stop } from "./verbs/stop.ts";
import { suspend } from "./verbs/suspend.ts";
import { version } from "./verbs/version.ts";
import { waitReady } from "./verbs/wait-ready.ts";
import { zones } from "./verbs/zones.ts";

export const verbs: readonly MultipassVerb[] = [
  authenticate,
  clone,
  remove,
  disableZones,
  enableZones,
  find,
  get,
  helpVerb(() => verbs),
  info,
  launch,
  list,
  networks,
  purge,
  recover,
  restart,
  restore,
  set,
  snapshot,
  start,
  stop,
  suspend,
  version,
  waitReady,
  zones,
];
