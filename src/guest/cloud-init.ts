/** How cloud-init ended in a guest, read from its files or asked of itself over SSH and through restarts of the guest (`cloud-init status --help`). */
import { UserError, exitCodes } from "../errors.ts";
import type { CloudInitStatus } from "../model/cloud-init.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ran } from "./run.ts";

export interface CloudInitReport {
  readonly status: CloudInitStatus | "error";
  /** What it says went wrong, each within a bound; its own words, which may quote the user's text. */
  readonly messages: readonly string[];
}

/** What the waiting needs of the way into the guest. */
export interface GuestRunner {
  /** Runs a command to its end; rejects with `guest-unreachable` or `session-failed` when it could not. */
  run(words: readonly string[], signal: AbortSignal): Promise<Ran>;
  /** Resolves once the guest lets us in (again). */
  reach(signal: AbortSignal): Promise<void>;
}

const own = "cloud-init status --wait --format json";
/**
 * Asking cloud-init is a start of Python, which takes an emulated guest seconds while it boots: its files tell the end as well
 * (`result.json` comes last, below the tmpfs /run; docs.cloud-init.io, "status.json"). When they do not within a minute, or
 * nothing enabled it at this boot, it is asked itself: it knows of units that failed, and why it is disabled.
 */
const files = [
  "cd /run/cloud-init 2>/dev/null && [ -e enabled ] || exec " + own,
  "left=120; until [ -e result.json ] || [ $left = 0 ]; do sleep 0.5; left=$((left-1)); done",
  "[ -e result.json ] && exec cat status.json",
  "exec cloud-init status --format json",
].join("\n");
const json = ["sh", "-c", files];
/** For versions before 22.4, which do not know --format. */
const plain = ["cloud-init", "status", "--wait", "--long"];
const pauseMs = 1_000;
/** Answers that say nothing: a guest that goes down may end the command in any way. */
const unclearMax = 5;
const messagesMax = 3;
const messageLengthMax = 300;

/** Waits until cloud-init has ended, as long as the signal lets it; rejects with the signal's reason. A guest without it is told at once. */
export async function waitForCloudInit(
  guest: GuestRunner,
  clock: Clock,
  signal: AbortSignal,
): Promise<CloudInitReport> {
  let words = json;
  let isLost = false;
  for (let unclear = 0; ;) {
    const ran = await attempt(guest, words, isLost, signal);
    isLost = ran === undefined;
    if (ran && isUnknownOption(ran)) {
      words = plain;
      continue;
    }
    const report = ran && reportOf(ran);
    if (ran && report === "unclear" && ++unclear >= unclearMax) throw unclearError(ran);
    if (report !== undefined && report !== "unclear") return report;
    await clock.sleep(pauseMs, signal);
  }
}

/** Undefined: the way to the guest broke, or the guest ended the command; it may be restarting. */
async function attempt(
  guest: GuestRunner,
  words: readonly string[],
  isLost: boolean,
  signal: AbortSignal,
): Promise<Ran | undefined> {
  try {
    if (isLost) await guest.reach(signal);
    const ran = await guest.run(words, signal);
    return "code" in ran.exit ? ran : undefined;
  } catch (error) {
    signal.throwIfAborted();
    const isPassing = error instanceof UserError && ["guest-unreachable", "session-failed"].includes(error.code);
    if (!isPassing) throw error;
    return undefined;
  }
}

const codeOf = ({ exit }: Ran): number => ("code" in exit ? exit.code : -1);
const isUnknownOption = (ran: Ran): boolean =>
  codeOf(ran) === exitCodes.failed && ran.stderr.includes("unrecognized arguments: --format");

/** Undefined: it runs still. */
function reportOf(ran: Ran): CloudInitReport | "unclear" | undefined {
  if (codeOf(ran) === exitCodes.commandNotFound) return { status: "none", messages: [] };
  const said = parseFile(ran.stdout) ?? parseJson(ran.stdout) ?? parsePlain(ran.stdout);
  if (!said) return "unclear";
  const { status, errors, warnings } = said;
  if (status === "error") return { status, messages: bounded(errors) };
  if (status === "disabled") return { status, messages: [] };
  if (status === "done" || status === "degraded") {
    const isDegraded = status === "degraded" || warnings.length > 0;
    return isDegraded ? { status: "degraded", messages: bounded(warnings) } : { status, messages: [] };
  }
  return status === "running" || status === "not run" || status === "not started" ? undefined : "unclear";
}

interface Said {
  readonly status: string;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** status.json: `{"v1": {"stage": null, "modules-final": {"errors": [], "recoverable_errors": {"WARNING": ["…"]}, …}, …}}`. */
function parseFile(stdout: string): Said | undefined {
  const file = parsed(stdout);
  if (!isRecord(file) || !isRecord(file["v1"])) return undefined;
  const stages = Object.values(file["v1"]).filter(isRecord);
  const errors = stages.flatMap((stage) => texts(stage["errors"]));
  const warnings = stages.flatMap(recoverable);
  return { status: errors.length > 0 ? "error" : "done", errors, warnings };
}

/** `{"status": "done", "errors": [], "recoverable_errors": {"WARNING": ["…"]}}` among other keys. */
function parseJson(stdout: string): Said | undefined {
  const said = parsed(stdout);
  if (!isRecord(said) || typeof said["status"] !== "string") return undefined;
  return { status: said["status"], errors: texts(said["errors"]), warnings: recoverable(said) };
}

/** Errors that cloud-init went on after, since 23.4. */
const recoverable = ({ recoverable_errors: kinds }: Record<string, unknown>): string[] =>
  isRecord(kinds) ? Object.values(kinds).flatMap(texts) : [];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `status: error`, and the errors in the lines after `detail:`. */
function parsePlain(stdout: string): Said | undefined {
  const status = /^status: (.+)$/m.exec(stdout)?.[1]?.trim();
  if (status === undefined) return undefined;
  const detail = /^detail:\s*([^]*)$/m.exec(stdout)?.[1] ?? "";
  return { status, errors: detail.split("\n").filter((line) => line.trim() !== ""), warnings: [] };
}

const bounded = (messages: readonly string[]): string[] =>
  messages.slice(0, messagesMax).map((message) => {
    // Python writes a line end inside of a quoted text as \n.
    const line = message.replaceAll(/(?:[\p{Cc}\p{Cf}\s]|\\n)+/gu, " ").trim();
    return line.length > messageLengthMax ? `${line.slice(0, messageLengthMax)}…` : line;
  });

function unclearError(ran: Ran): UserError {
  const [said = "it says nothing"] = bounded([ran.stderr.trim() || ran.stdout.trim()].filter(Boolean));
  return new UserError("cloud-init-unclear", `"cloud-init status" ends with ${codeOf(ran)}: ${said}`, {
    exit: exitCodes.failed,
  });
}
