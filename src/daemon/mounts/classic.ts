/** Classic mounts: sshfs in the guest, a helper on the host, and the bytes between them over the connection that is kept. */
import { messageOf, UserError } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { GuestChannel } from "../../guest/channel.ts";
import {
  busyExit,
  faultPrefix,
  idsPrefix,
  installHint,
  mountedLine,
  mountSession,
  notePrefix,
  type RootScript,
  unmountSession,
} from "../../guest/mount-scripts.ts";
import { untilAborted } from "../../guest/or-abort.ts";
import { type Ran, runToEnd } from "../../guest/run.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Piped } from "../../sys/piped.ts";
import { busy, type Enter, exitText, holdersIn, lastWords } from "./guest-words.ts";
import { checkSource, faultOf, type HelperPorts, startHelper } from "./helper.ts";
import { firstLine, linesOf } from "./streams.ts";
import type { MountWay, OpenMount, WantedMount } from "./way.ts";

/** A mount that is not there by then is given up; one whose sshfs is being installed gets more. */
const openMs = 60_000;
const installMs = 300_000;
/** A guest that stands still is asked no longer. */
const closeMs = 30_000;
/** sshfs ends when its connection does. */
const endMs = 5_000;
export interface ClassicOptions extends HelperPorts {
  readonly clock: Clock;
  readonly enter: Enter;
}

export function createClassicWay(options: ClassicOptions): MountWay {
  return {
    async open(instance, mount, signal, say) {
      await checkSource(options, mount, signal);
      const limit = new AbortController();
      const late = new UserError("mount-failed", `the guest did not mount ${mount.target} in time`);
      let disarm = options.clock.after(openMs, () => limit.abort(late));
      const patient = (text: string) => {
        disarm();
        disarm = options.clock.after(installMs, () => limit.abort(late));
        say?.(text);
      };
      try {
        return await mountIn(options, instance, mount, AbortSignal.any([signal, limit.signal]), patient);
      } finally {
        disarm();
      }
    },
  };
}

/** A session whose script has been handed over. */
async function begin(
  { enter }: ClassicOptions,
  instance: InstanceState,
  { words, input }: RootScript,
  signal: AbortSignal,
): Promise<GuestChannel> {
  const channel = await enter(instance, words, signal);
  await channel.write(input).catch(() => undefined);
  return channel;
}

/** The guest's part first, since it tells which user the files are shown to belong to. */
async function mountIn(
  options: ClassicOptions,
  instance: InstanceState,
  mount: WantedMount,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<OpenMount> {
  const { user, name } = instance;
  const channel = await begin(options, instance, mountSession(user, mount.target, mount.readOnly), signal);
  const said = listen(channel, name, say);
  let helper: Piped | undefined;
  try {
    const output = channel.stdout[Symbol.asyncIterator]();
    const start = await untilAborted(signal, firstLine(output));
    const ids = start && loginIds(start.line);
    if (!ids) throw await said.fault();
    helper = startHelper(options, mount, ids);
    const ended = serve(channel, helper, mount, start.rest, output);
    await untilAborted(signal, Promise.race([said.mounted, ended.then((why) => Promise.reject(said.known() ?? why))]));
    return opened(options, instance, mount, channel, helper, ended);
  } catch (error) {
    helper?.kill();
    channel.close();
    throw error;
  }
}

function loginIds(line: string): { uid: number; gid: number } | undefined {
  const [uid, gid] = line.startsWith(idsPrefix) ? line.slice(idsPrefix.length).split(" ").map(Number) : [];
  return uid !== undefined && gid !== undefined && Number.isInteger(uid) && Number.isInteger(gid)
    ? { uid, gid }
    : undefined;
}

/** What the guest says on the side: notes, that it is mounted, and why it could not be. */
function listen(channel: GuestChannel, instance: string, say: (text: string) => void) {
  const mounted = Promise.withResolvers<void>();
  let fault: UserError | undefined;
  let last = "";
  const over = (async () => {
    for await (const line of linesOf(channel.stderr)) {
      if (line === mountedLine) mounted.resolve();
      else if (line.startsWith(notePrefix)) say(line.slice(notePrefix.length));
      else if (line.startsWith(faultPrefix)) fault = faultIn(line.slice(faultPrefix.length), instance);
      else if (line.trim() !== "") last = line;
    }
  })();
  const known = () => fault ?? (last === "" ? undefined : new UserError("mount-failed", `the guest: ${last}`));
  return {
    mounted: mounted.promise,
    known,
    async fault(): Promise<UserError> {
      await over;
      return known() ?? new UserError("mount-failed", `the guest ended the mount: ${exitText(await channel.exit)}`);
    },
  };
}

/** Only codes that a guest may give: it says what it likes. */
function faultIn(text: string, instance: string): UserError {
  const [, code, reason = text] = /^(mount-(?:unsupported|failed)) (.*)$/s.exec(text) ?? [];
  if (code !== "mount-unsupported") return new UserError("mount-failed", reason);
  return new UserError(code, reason, { hints: [["next", installHint(instance)]] });
}

/** Carries the bytes both ways until one side ends; resolves with why, when both have been let go of. */
async function serve(
  channel: GuestChannel,
  helper: Piped,
  mount: WantedMount,
  first: Uint8Array,
  output: AsyncIterator<Uint8Array>,
): Promise<UserError> {
  const toHelper = async () => {
    if (first.length > 0) await helper.send(first);
    for (let next = await output.next(); !next.done; next = await output.next()) await helper.send(next.value);
  };
  const toGuest = async () => {
    for (let chunk = await helper.read(); chunk; chunk = await helper.read()) await channel.write(chunk);
  };
  // Either may end with what it writes to gone; the ends themselves say why.
  void Promise.all([toHelper(), toGuest()]).catch(() => undefined);
  const why = await Promise.race([
    helper.ended.then(({ exitCode, stderr }) => faultOf(mount, exitCode, stderr)),
    channel.exit.then((exit) => new UserError("mount-lost", `sshfs in the guest ended: ${exitText(exit)}`)),
  ]);
  helper.kill();
  channel.close();
  return why;
}

function opened(
  options: ClassicOptions,
  instance: InstanceState,
  { target }: WantedMount,
  channel: GuestChannel,
  helper: Piped,
  ended: Promise<UserError>,
): OpenMount {
  const { clock } = options;
  return {
    ended: ended.then(messageOf),
    async close({ force, signal }) {
      if (!signal.aborted) {
        const late = new AbortController();
        const why = new UserError("mount-failed", "the guest did not unmount it in time");
        const disarm = clock.after(closeMs, () => late.abort(why));
        const limited = AbortSignal.any([signal, late.signal]);
        const session = unmountSession(instance.user, target, force);
        const ran = await begin(options, instance, session, limited)
          .then((entered) => runToEnd(entered, limited))
          .finally(disarm);
        if (!("code" in ran.exit) || ran.exit.code !== 0) throw notUnmounted(ran, instance.name, target);
        await Promise.race([channel.exit, clock.sleep(endMs, signal)]);
      }
      helper.kill();
      channel.close();
    },
  };
}

function notUnmounted(ran: Ran, instance: string, target: string): UserError {
  const isBusy = "code" in ran.exit && ran.exit.code === busyExit;
  const holders = holdersIn(ran);
  if (isBusy && holders.length > 0) return busy(target, instance, holders);
  const text = `${target} is not unmounted in "${instance}": ${lastWords(ran)}`;
  return new UserError(isBusy ? "mount-busy" : "mount-failed", text, {
    hints: [["next", `strata umount --force ${instance}:${target}`]],
  });
}
