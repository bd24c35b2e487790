/** `strata daemon`: the daemon as a program: run it here, ask after it, stop it. */
import { absentCode } from "../api/transport.ts";
import { UserError, exitCodes } from "../errors.ts";
import { daemonView } from "../render/daemon.ts";
import { defineVerb } from "./command.ts";
import type { Context, Shape } from "./context.ts";

const stopMsMax = 60_000;
const pollMs = 10;

export const daemon = defineVerb({
  name: "daemon",
  aliases: [],
  group: "strata itself",
  summary: "Run, inspect or stop the daemon",
  about: [
    "The daemon starts by itself when a command needs it. run keeps it in the foreground, for a service manager. Instances are not its children: they go on when it stops, and the next daemon finds them again.",
  ],
  arguments: [
    { name: "ACTION", about: "run, status or stop", required: true, many: false, choices: ["run", "status", "stop"] },
  ],
  options: {},
  examples: [
    { line: "strata daemon status", about: "where it is, and what it does" },
    { line: "strata daemon stop", about: "instances keep running" },
  ],
  run(context, { words, options }) {
    if (words[0] === "run") return context.daemon.run();
    return words[0] === "stop" ? stop(context) : status(context, options);
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

async function requireDaemon(context: Context): Promise<void> {
  if (await context.api.probe()) return;
  throw new UserError(absentCode, `no daemon answers at ${context.api.target.socket}`, {
    exit: exitCodes.unreachable,
    hints: [["why", "it starts by itself when a command needs it, for example strata list"]],
  });
}
