/** Every verb, in the order of `strata help`. */
import { api } from "./api.ts";
import { attach } from "./attach.ts";
import { audit } from "./audit.ts";
import { cancel } from "./cancel.ts";
import type { Verb } from "./command.ts";
import { completion } from "./completion.ts";
import { console } from "./console.ts";
import { daemon } from "./daemon.ts";
import { remove } from "./delete.ts";
import { df } from "./df.ts";
import { diff } from "./diff.ts";
import { doctor } from "./doctor.ts";
import { events } from "./events.ts";
import { exec } from "./exec.ts";
import { explain } from "./explain.ts";
import { find } from "./find.ts";
import { clone, fork } from "./fork.ts";
import { forward } from "./forward.ts";
import { get } from "./get.ts";
import { gui } from "./gui.ts";
import { helpVerb } from "./help.ts";
import { hold, release } from "./hold.ts";
import { history } from "./history.ts";
import { images } from "./images.ts";
import { importVerb } from "./import.ts";
import { info } from "./info.ts";
import { launch } from "./launch.ts";
import { list } from "./list.ts";
import { metrics } from "./metrics.ts";
import { mount } from "./mount.ts";
import { network } from "./network.ts";
import { networks } from "./networks.ts";
import { purge } from "./purge.ts";
import { recover } from "./recover.ts";
import { rename } from "./rename.ts";
import { restore } from "./restore.ts";
import { restart } from "./restart.ts";
import { rollback } from "./rollback.ts";
import { sessions } from "./sessions.ts";
import { set } from "./set.ts";
import { shell } from "./shell.ts";
import { show } from "./show.ts";
import { snapshot } from "./snapshot.ts";
import { sshConfig } from "./ssh-config.ts";
import { start } from "./start.ts";
import { stop } from "./stop.ts";
import { suspend } from "./suspend.ts";
import { top } from "./top.ts";
import { transfer } from "./transfer.ts";
import { tryVerb } from "./try.ts";
import { redo, undo } from "./undo.ts";
import { umount } from "./umount.ts";
import { version } from "./version.ts";
import { wait } from "./wait.ts";

const instances = [
  launch,
  fork,
  clone,
  importVerb,
  list,
  info,
  top,
  start,
  stop,
  suspend,
  restart,
  rename,
  remove,
  recover,
  purge,
  wait,
];
const inside = [shell, attach, exec, console, mount, umount, forward, sshConfig];
const past = [
  snapshot,
  restore,
  tryVerb,
  undo,
  redo,
  rollback,
  hold,
  release,
  history,
  show,
  diff,
  transfer,
  explain,
  cancel,
  events,
  audit,
];
const connected = [network, networks];
const settings = [find, images, df, get, set];

export const verbs: readonly Verb[] = [
  ...instances,
  ...inside,
  ...past,
  ...connected,
  ...settings,
  doctor,
  gui,
  sessions,
  metrics,
  daemon,
  completion,
  api,
  version,
  helpVerb(() => verbs),
];
