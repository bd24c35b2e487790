/** What can be said about this machine from here: the daemon's own findings when one runs, else those parts that need none. None is started. */
import { createClient, isOlder } from "../api/client.ts";
import type { ApiClient, Hello } from "../api/client.ts";
import { checkRuntimeDirectory, otherDaemons } from "../config.ts";
import type { Config, Target } from "../config.ts";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import type { Check } from "../model/check.ts";
import { systemClock } from "../sys/clock.ts";

/** A daemon that does not say hello in this time is stuck. */
const helloMsMax = 5_000;

export async function examine(config: Config, target: Target, version: string): Promise<Check[]> {
  const check = () => {
    if (target.socket === config.socket) checkRuntimeDirectory(config);
  };
  const api = createClient({ target, version, check });
  const others = checkOthers(config, target);
  try {
    const hello = await Promise.race([api.probe(), silent(target)]);
    if (hello) return [checkDaemon(hello, version), ...(await examineThere(api)), others];
  } catch (error) {
    return [failed("daemon", error), ...(await examineHere(config, target)), others];
  }
  return [absent(target), ...(await examineHere(config, target)), others];
}

/** An older daemon has no such call. */
async function examineThere(api: ApiClient): Promise<readonly Check[]> {
  try {
    return (await api.call("daemon.doctor", {})).checks;
  } catch (error) {
    return [failed("answers", error)];
  }
}

async function examineHere(config: Config, { directory, socket }: Target): Promise<readonly Check[]> {
  if (directory === undefined) return [];
  const { examineHost } = await import("./doctor-host.ts");
  return examineHost(config, socket);
}

async function silent({ socket }: Target): Promise<never> {
  await systemClock.sleep(helloMsMax);
  throw new UserError("daemon-silent", `the daemon at ${socket} takes calls and does not answer`, {
    exit: exitCodes.unreachable,
    hints: [["next", "strata daemon stop"]],
  });
}

function failed(name: string, error: unknown): Check {
  const next = error instanceof UserError ? error.hints.find(([label]) => label === "next")?.[1] : undefined;
  return { name, verdict: "fail", found: messageOf(error), ...(next !== undefined && { next }) };
}

function absent({ socket, directory }: Target): Check {
  const name = "daemon";
  if (directory !== undefined)
    return {
      name,
      verdict: "ok",
      found: "no daemon running: it starts by itself; what only it knows is not looked at",
    };
  return {
    name,
    verdict: "fail",
    found: `no daemon answers at ${socket}`,
    next: "strata doctor, without --host and STRATA_HOST",
  };
}

function checkDaemon({ version: theirs, pid, directory }: Hello, version: string): Check {
  const name = "daemon";
  const found = `strata ${theirs}, pid ${pid}, data in ${directory}`;
  if (theirs === version) return { name, verdict: "ok", found };
  const why = isOlder(theirs, version)
    ? `older than this program (${version}); replaced when it is idle`
    : `newer than this program (${version})`;
  return { name, verdict: "warn", found: `${found}: ${why}`, next: "strata daemon stop" };
}

/** Whoever misses an instance may be asking the wrong daemon. */
function checkOthers(config: Config, target: Target): Check {
  const name = "other daemons";
  const others = otherDaemons(config, target);
  const [first] = others;
  if (!first) return { name, verdict: "ok", found: "none on this machine" };
  return { name, verdict: "warn", found: others.map(({ what }) => what).join("; "), next: first.next };
}
