/** Every verb of this personality. */
import type { MultipassVerb } from "./verb.ts";
import { aliasVerb } from "./verbs/alias.ts";
import { aliases } from "./verbs/aliases.ts";
import { authenticate } from "./verbs/authenticate.ts";
import { clone } from "./verbs/clone.ts";
import { remove } from "./verbs/delete.ts";
import { disableZones } from "./verbs/disable-zones.ts";
import { enableZones } from "./verbs/enable-zones.ts";
import { exec } from "./verbs/exec.ts";
import { find } from "./verbs/find.ts";
import { get } from "./verbs/get.ts";
import { helpVerb } from "./verbs/help.ts";
import { info } from "./verbs/info.ts";
import { launch } from "./verbs/launch.ts";
import { list } from "./verbs/list.ts";
import { mount } from "./verbs/mount.ts";
import { networks } from "./verbs/networks.ts";
import { prefer } from "./verbs/prefer.ts";
import { purge } from "./verbs/purge.ts";
import { recover } from "./verbs/recover.ts";
import { restart } from "./verbs/restart.ts";
import { restore } from "./verbs/restore.ts";
import { set } from "./verbs/set.ts";
import { shell } from "./verbs/shell.ts";
import { snapshot } from "./verbs/snapshot.ts";
import { start } from "./verbs/start.ts";
import { stop } from "./verbs/stop.ts";
import { suspend } from "./verbs/suspend.ts";
import { transfer } from "./verbs/transfer.ts";
import { umount } from "./verbs/umount.ts";
import { unalias } from "./verbs/unalias.ts";
import { version } from "./verbs/version.ts";
import { waitReady } from "./verbs/wait-ready.ts";
import { zones } from "./verbs/zones.ts";

const isVerb = (word: string): boolean => verbs.some(({ name, aliases: also }) => name === word || also.includes(word));

export const verbs: readonly MultipassVerb[] = [
  aliasVerb(isVerb),
  aliases,
  authenticate,
  clone,
  remove,
  disableZones,
  enableZones,
  exec,
  find,
  get,
  helpVerb(() => verbs),
  info,
  launch,
  list,
  mount,
  networks,
  prefer,
  purge,
  recover,
  restart,
  restore,
  set,
  shell,
  snapshot,
  start,
  stop,
  suspend,
  transfer,
  umount,
  unalias,
  version,
  waitReady,
  zones,
];
