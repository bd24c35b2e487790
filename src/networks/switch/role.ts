/** The helper process that carries the packets of the user-mode network: `strata helper switch SOCKET`, started by the daemon, which it outlives. */
import { messageOf } from "../../errors.ts";
import { systemClock as clock } from "../../sys/clock.ts";
import { outputStream } from "../../sys/output.ts";
import { resolveHost } from "../../sys/resolve.ts";
import { self } from "../../sys/self.ts";
import { listenUnix } from "../../sys/unix-listener.ts";
import { createDoor } from "./door.ts";
import type { Door } from "./door.ts";
import { createSwitch } from "./switch.ts";

/** Without a daemon and without a cable it ends by itself. */
const idleMs = 120_000;
const lookMs = 10_000;

/** The exit code, once nobody needs it any more. */
export async function runSwitch(path: string, version: string): Promise<number> {
  const ended = Promise.withResolvers<void>();
  let door: Door | undefined;
  const made = createSwitch({ clock, resolve: resolveHost, lost: (instance) => door?.tell({ say: "lost", instance }) });
  door = createDoor({ made, clock, version, pid: self.pid, end: ended.resolve });
  self.onEnd((signal) => signal !== "SIGHUP" && ended.resolve());
  try {
    const stop = listenUnix(path, door.accept);
    const { hasDaemon } = door;
    endWhenIdle(() => hasDaemon() || made.cables() > 0, ended.resolve);
    await ended.promise;
    stop();
    return 0;
  } catch (error) {
    outputStream(2).write(`${messageOf(error)}\n`);
    return 1;
  }
}

function endWhenIdle(isNeeded: () => boolean, end: () => void): void {
  let neededMs = clock.monotonicMs();
  const look = () => {
    if (isNeeded()) neededMs = clock.monotonicMs();
    if (clock.monotonicMs() - neededMs >= idleMs) end();
    else clock.after(lookMs, look);
  };
  clock.after(lookMs, look);
}
