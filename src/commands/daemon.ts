/** `strata daemon`: the daemon as a program: run it here, ask after it, stop it, make it a service. */
import { absentCode } from "../api/transport.ts";
import { UserError, exitCodes } from "../errors.ts";
import { daemonView } from "../render/daemon.ts";
import { defineVerb } from "./command.ts";
import type { Context, Shape } from "./context.ts";

const actions = ["status", "run", "stop", "install", "uninstall"];
const stopMsMax = 60_000;
const pollMs = 10;

export const daemon = defineVerb({
  name: "daemon",
  aliases: [],
  group: "strata itself",
  summary: "Run, inspect, stop or install the daemon",
  about: [
    "The daemon starts by itself when a command needs it. run keeps it in the foreground, for a service manager. Instances are not its children: they go on when it stops, and the next daemon finds them again.",
    "install makes it a service of systemd, started with the host: the system's for root, your own otherwise. uninstall takes back what install made; instances and their data stay.",
  ],
  arguments: [{ name: "ACTION", about: actions.join(", "), required: true, many: false, choices: actions }],
  options: {},
  examples: [
    { line: "strata daemon status", about: "where it is, and what it does" },
    { line: "strata daemon stop", about: "instances keep running" },
    { line: "strata daemon install", about: "as root: for every member of group strata" },
  ],
  async run(context, { words: [action], options }) {
    if (action === "run") return context.daemon.run();
    if (action === "stop") return stop(context);
    if (action === "install") return install(context);
    return action === "uninstall" ? uninstall(context) : status(context, options);
  },
});

async function status(context: Context, shape: Shape): Promise<number> {
  await requireDaemon(context);
  await context.show(daemonView(await context.api.call("daemon.status", {})), shape);
  return exitCodes.ok;
}

async function stop(context: Context): Promise<number> {
  const hello = await context.api.probe();
  if (!hello) {
    context.say("No daemon is running.");
    return exitCodes.ok;
  }
  const { running } = await context.api.call("daemon.status", {});
  const { pid } = await context.api.call("daemon.stop", {});
  const deadline = context.clock.monotonicMs() + stopMsMax;
  while (await context.daemon.isAlive(pid)) {
    if (context.clock.monotonicMs() > deadline)
      throw new UserError("daemon-stays", `the daemon (pid ${pid}) did not stop within ${stopMsMax / 1000} s`, {
        exit: exitCodes.timeout,
      });
    await context.clock.sleep(pollMs);
  }
  context.say(`Stopped: daemon, pid ${pid}${running > 0 ? `   instances that keep running: ${running}` : ""}`);
  return exitCodes.ok;
}

async function install(context: Context): Promise<number> {
  const service = await context.service();
  const { scope, path, lingers } = await service.install(async () => {
    if (await context.api.probe()) await stop(context);
  });
  context.say(`Installed: ${path}, started, and started again with the host`);
  if (scope === "system") {
    context.say("group       strata may use it; its members are as good as root on this host");
    context.say("            next: sudo usermod -aG strata USER, then log in again");
  } else if (!lingers) {
    context.say("logout      the service and its instances end with your last session");
    context.say("            next: loginctl enable-linger");
  }
  return exitCodes.ok;
}

async function uninstall(context: Context): Promise<number> {
  const service = await context.service();
  const { path } = await service.uninstall();
  context.say(`Removed: ${path}   instances and their data stay`);
  return exitCodes.ok;
}

async function requireDaemon(context: Context): Promise<void> {
  if (await context.api.probe()) return;
  throw new UserError(absentCode, `no daemon answers at ${context.api.target.socket}`, {
    exit: exitCodes.unreachable,
    hints: [["why", "it starts by itself when a command needs it, for example strata list"]],
  });
}
