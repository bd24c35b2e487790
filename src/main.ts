/** Picks the role of this process by its first words; the only file that exits. */
import { version } from "../package.json" with { type: "json" };
import { runMultipassDaemon } from "./client/multipass/daemon.ts";
import { runMultipassClient } from "./client/multipass/role.ts";
import { runClient } from "./client/role.ts";

/** What nobody starts but the program itself; each is loaded when it is needed. */
const helpers: ReadonlyMap<string, (place: string) => number | Promise<number>> = new Map([
  ["unpack-qemu", async (place: string) => (await import("./drivers/qemu/unpack-helper.ts")).runUnpackHelper(place)],
  ["serve-mount", async (place: string) => (await import("./mounts/helper.ts")).runMountHelper(place)],
  ["forward", async (place: string) => (await import("./networks/forward/helper.ts")).runForwardHelper(place)],
  ["switch", async (place: string) => (await import("./networks/switch/role.ts")).runSwitch(place, version)],
]);

async function run(words: string[]): Promise<number> {
  const [role, task, place, instance] = words;
  const helper = role === "helper" && place !== undefined && helpers.get(task ?? "");
  if (helper) return helper(place);
  const debug = Boolean(process.env["STRATA_DEBUG"]);
  if (role === "helper" && task === "ssh-proxy" && place !== undefined && instance !== undefined) {
    const { runSshProxy } = await import("./client/ssh/proxy.ts");
    return runSshProxy({ keys: place, instance }, version, debug);
  }
  // The name as it was typed; the executable's own path has links resolved.
  const name = process.argv0.slice(process.argv0.lastIndexOf("/") + 1);
  if (name === "multipass") return runMultipassClient(words, version, debug);
  if (name === "multipassd") return runMultipassDaemon(words, version, debug);
  return runClient(words, version, debug);
}

/** The longest a timer can wait: 24.8 days, again and again. */
const holdMs = 2 ** 31 - 1;

// A start that waits only for what does not keep a process alive (another process, a lock) must not end it.
setInterval(() => undefined, holdMs);
// Not awaited: while a module waits at its top level, Bun 1.4.5 answers an uncaught error by spinning for ever instead of ending.
void run(process.argv.slice(2)).then((code) => process.exit(code));
