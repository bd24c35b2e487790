/** Why an instance is in its state: the stage that failed, what is known, and the next command. */
import { unreachable } from "../../errors.ts";
import { formatDuration } from "../../model/duration.ts";
import type { StopCause } from "../../model/instance.ts";
import { formatHostPort } from "../../model/forward.ts";
import { formatSize } from "../../model/size.ts";
import type { Explanation } from "../../model/view.ts";
import type { InstanceState } from "../instance/state.ts";
import { networkFacts } from "./network.ts";
import { nextStep } from "../instance/steps.ts";
import type { MountView } from "../../model/mount.ts";
import { viewMounts } from "./mounts.ts";
import { given, viewInstance } from "./instances.ts";

/** `nowMs`: milliseconds since the epoch, for "how long". */
export function explainInstance(state: InstanceState, nowMs: number): Explanation {
  const { summary, next } = reasonOf(state, nowMs);
  return { instance: viewInstance(state), summary, facts: factsOf(state), ...given("next", next) };
}

function reasonOf(state: InstanceState, nowMs: number): { summary: string; next?: string } {
  const { name, pending } = state;
  if (pending) {
    const step = nextStep(pending) ?? pending.kind;
    const left = formatDuration(Math.max(0, Date.parse(pending.deadline) - nowMs));
    return {
      summary: `operation ${pending.number} (${pending.kind}) is at its step "${step}"; it is given up in ${left}`,
      next: `strata cancel ${pending.number}`,
    };
  }
  if (state.deleted)
    return {
      summary: `it was deleted and lies in the trash until ${state.deleted.expires}`,
      next: `strata recover ${name}`,
    };
  if (state.paused) return whyPaused(state, state.paused);
  if (state.power === "running" && state.detached) {
    return {
      summary: `it is detached from its network since ${state.detached.at}: what runs in it goes on, and nothing gets in or out`,
      next: `strata network attach ${name}`,
    };
  }
  if (state.power === "running" && state.reachable) {
    const hasFailed = state.lastFailure?.step === "cloud-init";
    return {
      summary: `the machine runs and the guest answers over SSH${hasFailed ? failedAt(state) : ""}`,
      next: hasFailed ? `strata exec ${name} -- sudo cat /var/log/cloud-init-output.log` : `strata shell ${name}`,
    };
  }
  if (state.power === "running") {
    return {
      summary: `the machine runs, but the guest does not answer over SSH${failedAt(state)}`,
      next: `strata console ${name}`,
    };
  }
  if (state.suspended) {
    const { at, memoryBytes } = state.suspended;
    return {
      summary: `it was suspended at ${at}; its memory (${formatSize(memoryBytes)}) is saved, and it goes on where it was${failedAt(state)}`,
      next: `strata start ${name}`,
    };
  }
  const cause = state.stopped?.cause;
  return {
    summary: cause ? `${causeText(cause)}${failedAt(state)}` : `it has never run${failedAt(state)}`,
    next: `strata start ${name}`,
  };
}

/** The reason is the driver's own, and says enough; space is the one that passes by itself. */
function whyPaused({ name }: InstanceState, { at, reason }: { at: string; reason: string }) {
  const summary = `the guest is paused since ${at}: ${reason}; nothing of it is lost`;
  return reason.startsWith("no space")
    ? { summary: `${summary}, and it goes on by itself soon after there is space`, next: "strata df" }
    : { summary: `${summary}; when the disk is sound again, start lets it go on`, next: `strata start ${name}` };
}

const failedAt = ({ lastFailure }: InstanceState): string =>
  lastFailure
    ? `; operation ${lastFailure.operation} failed at its step "${lastFailure.step}": ${lastFailure.reason}`
    : "";

function causeText(cause: StopCause): string {
  switch (cause) {
    case "user":
      return "it was stopped by a command";
    case "guest":
      return "the guest powered itself off";
    case "crash":
      return "the machine's process ended without an orderly shutdown";
    case "panic":
      return "the guest's kernel panicked";
    case "host":
      return "the host was restarted while it ran";
    case "lost":
      return "it was found stopped, and nothing tells why";
    default:
      return unreachable(cause);
  }
}

/** Where its ports lead to, and why one does not. */
const forwardsOf = ({ forwards = [], power }: InstanceState): [string, string][] =>
  forwards.map(({ failure, guest, ...port }) => {
    const lost =
      failure && power === "running" ? `, lost since ${failure.at}: ${failure.reason}; it is tried again` : "";
    return ["forward", `${formatHostPort(port)} to port ${guest}${lost}`];
  });

const wordsOf = ({ source, state, degraded }: MountView): string =>
  state === "degraded" && degraded
    ? `${source}, degraded since ${degraded.at}: ${degraded.reason}`
    : `${source}, ${state}`;

function factsOf(state: InstanceState): Explanation["facts"] {
  const { running, stopped, hardware } = state;
  const { power, health } = viewInstance(state);
  const facts: [string, string | undefined][] = [
    ["power", running ? `${power} since ${running.since}` : power],
    ["health", health],
    ["stops", state.stopsAt],
    ["ssh", running && `${running.ssh.host}:${running.ssh.port}`],
    ["runs with", running && `${running.accelerator}, ${running.cpu}, QEMU ${running.build}`],
    ...networkFacts(state),
    ...(viewMounts(state) ?? []).map((mount): [string, string] => [`mount ${mount.target}`, wordsOf(mount)]),
    ["machine type", hardware?.machine],
    ...forwardsOf(state),
    ["stopped", stopped && `${stopped.at} (${stopped.cause}${stopped.detail ? `: ${stopped.detail}` : ""})`],
  ];
  return facts.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}
