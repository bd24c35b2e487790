/** The guest's part in a native mount: its scripts, run and understood. */
import { UserError } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { GuestChannel } from "../../guest/channel.ts";
import { busyExit, type RootScript } from "../../guest/mount-scripts.ts";
import { askSession, leaveSession, nativeMountSession, nativeUnmountSession } from "../../guest/native-scripts.ts";
import { runToEnd, type Ran } from "../../guest/run.ts";
import type { LoginIds } from "../../mounts/id-maps.ts";

/** Starts a command in the guest. */
export type Enter = (instance: InstanceState, words: readonly string[], signal: AbortSignal) => Promise<GuestChannel>;

export interface NativeGuest {
  /** Throws `mount-unsupported` when its kernel has no virtiofs. */
  ask(tag: string, signal: AbortSignal): Promise<{ readonly login: LoginIds; readonly isMounted: boolean }>;
  /** Mounted already: confirms. Throws `mount-failed`. */
  mount(target: string, tag: string, isReadOnly: boolean, signal: AbortSignal): Promise<void>;
  /** Not mounted: confirms. Throws `mount-busy`. */
  unmount(target: string, tag: string, force: boolean, signal: AbortSignal): Promise<void>;
  /** Lets go of a mount whose server is gone, as far as that is possible. True: nothing waits for it, and its device can be taken out. */
  leave(target: string, tag: string, signal: AbortSignal): Promise<boolean>;
}

/** Of those that hold a mount. */
const holdersShown = 5;

export function nativeGuest(enter: Enter, instance: InstanceState): NativeGuest {
  const { user, name } = instance;
  const run = async ({ words, input }: RootScript, signal: AbortSignal) => {
    const channel = await enter(instance, words, signal);
    await channel.write(input);
    return runToEnd(channel, signal);
  };
  return {
    async ask(tag, signal) {
      const ran = await run(askSession(user, tag), signal);
      const [uid, gid, knows, isMounted] = ran.stdout.trim().split("\n");
      if (isMounted === undefined) throw new UserError("mount-failed", `the guest: ${lastWords(ran)}`);
      if (knows !== "yes")
        throw new UserError("mount-unsupported", `the kernel of "${name}" has no virtiofs`, {
          hints: [["next", "mount it with --type classic"]],
        });
      return { login: { uid: Number(uid), gid: Number(gid) }, isMounted: isMounted === "yes" };
    },
    async mount(target, tag, isReadOnly, signal) {
      const ran = await run(nativeMountSession(user, target, tag, isReadOnly), signal);
      if (codeIn(ran) !== 0)
        throw new UserError("mount-failed", `the guest did not mount ${target}: ${lastWords(ran)}`);
    },
    async unmount(target, tag, force, signal) {
      const ran = await run(nativeUnmountSession(user, target, tag, force), signal);
      if (codeIn(ran) !== 0) throw notUnmounted(ran, name, target);
    },
    leave: async (target, tag, signal) => (await run(leaveSession(user, target, tag), signal)).stdout.includes("quiet"),
  };
}

const codeIn = ({ exit }: Ran): number | undefined => ("code" in exit ? exit.code : undefined);

const lastWords = ({ exit, stderr }: Ran): string => {
  const how = "lost" in exit ? exit.lost : "signal" in exit ? `signal ${exit.signal}` : `exit code ${exit.code}`;
  return stderr.trim().split("\n").at(-1) || how;
};

function notUnmounted(ran: Ran, instance: string, target: string): UserError {
  const holders = ran.stdout.trim().split("\n").filter(Boolean);
  const shown = holders.slice(0, holdersShown).map((line) => line.replace(/^(\d+) (.*)$/, "$2 ($1)"));
  const more = holders.length > shown.length ? ` and ${holders.length - shown.length} more` : "";
  if (codeIn(ran) !== busyExit || shown.length === 0)
    return new UserError("mount-failed", `${target} is not unmounted in "${instance}": ${lastWords(ran)}`);
  const ways = `end them, strata umount --force ${instance}:${target}, or a snapshot without memory`;
  return new UserError(
    "mount-busy",
    `${target} is in use in "${instance}" by ${shown.join(", ")}${more}; the ways out: ${ways}`,
  );
}
