/** The guest's part in a native mount: its scripts, run and understood. */
import { UserError } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { busyExit, type RootScript } from "../../guest/mount-scripts.ts";
import { askSession, leaveSession, nativeMountSession, nativeUnmountSession } from "../../guest/native-scripts.ts";
import { runToEnd, type Ran } from "../../guest/run.ts";
import type { LoginIds } from "../../mounts/id-maps.ts";
import { busy, type Enter, holdersIn, lastWords } from "./guest-words.ts";

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

function notUnmounted(ran: Ran, instance: string, target: string): UserError {
  const holders = holdersIn(ran);
  if (codeIn(ran) !== busyExit || holders.length === 0)
    return new UserError("mount-failed", `${target} is not unmounted in "${instance}": ${lastWords(ran)}`);
  return busy(target, instance, holders, [["or", "a snapshot without memory, which leaves mounts alone"]]);
}
