/** Every verb of this personality. */
import type { MultipassVerb } from "./verb.ts";
import { aliasVerb } from "./verbs/alias.ts";
import { aliases } from "./verbs/aliases.ts";
import { exec } from "./verbs/exec.ts";
import { helpVerb } from "./verbs/help.ts";
import { launch } from "./verbs/launch.ts";
import { mount } from "./verbs/mount.ts";
import { prefer } from "./verbs/prefer.ts";
import { restart } from "./verbs/restart.ts";
import { shell } from "./verbs/shell.ts";
import { start } from "./verbs/start.ts";
import { suspend } from "./verbs/suspend.ts";
import { transfer } from "./verbs/transfer.ts";
import { umount } from "./verbs/umount.ts";
import { unalias } from "./verbs/unalias.ts";
import { version } from "./verbs/version.ts";

const isVerb = (word: string): boolean => verbs.some(({ name, aliases: also }) => name === word || also.includes(word));

export const verbs: readonly MultipassVerb[] = [
  aliasVerb(isVerb),
  aliases,
  exec,
  helpVerb(() => verbs),
  launch,
  mount,
  prefer,
  restart,
  shell,
  start,
  suspend,
  transfer,
  umount,
  unalias,
  version,
];
