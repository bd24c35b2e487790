/** How cloud-init ended in a guest, asked of itself over SSH and through restarts of the guest (`cloud-init status --help`). */
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

const json = ["cloud-init", "status", "--wait", "--format", "json"];
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
  const said = parseJson(ran.stdout) ?? parsePlain(ran.stdout);
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

/** `{"status": "done", "errors": [], "recoverable_errors": {"WARNING": ["…"]}}` among other keys. */
function parseJson(stdout: string): Said | undefined {
  try {
    const said: unknown = JSON.parse(stdout);
    if (!isRecord(said) || typeof said["status"] !== "string") return undefined;
    const recoverable = isRecord(said["recoverable_errors"]) ? Object.values(said["recoverable_errors"]) : [];
    return { status: said["status"], errors: texts(said["errors"]), warnings: recoverable.flatMap(texts) };
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
