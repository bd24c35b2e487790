/** Every verb of this personality. */
import type { MultipassVerb } from "./verb.ts";
import { clone } from "./verbs/clone.ts";
import { remove } from "./verbs/delete.ts";
import { helpVerb } from "./verbs/help.ts";
import { info } from "./verbs/info.ts";
import { launch } from "./verbs/launch.ts";
import { list } from "./verbs/list.ts";
import { purge } from "./verbs/purge.ts";
import { recover } from "./verbs/recover.ts";
import { restart } from "./verbs/restart.ts";
import { restore } from "./verbs/restore.ts";
import { snapshot } from "./verbs/snapshot.ts";
import { start } from "./verbs/start.ts";
import { stop } from "./verbs/stop.ts";
import { suspend } from "./verbs/suspend.ts";
import { version } from "./verbs/version.ts";

export const verbs: readonly MultipassVerb[] = [
  clone,
  remove,
  info,
  launch,
  list,
  purge,
  recover,
  restart,
  restore,
  snapshot,
  start,
  stop,
  suspend,
  version,
  helpVerb(() => verbs),
];
