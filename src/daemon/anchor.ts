/** Sends each seal away (setting audit.anchor), so that a rewriting by the key's owner is found: in order, bounded, never in anybody's way. */
import { messageOf } from "../errors.ts";
import type { Seal } from "../model/seal.ts";
import type { AnchorView } from "../model/view.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import { appendText, type CommandPorts, runWithText } from "./away.ts";

/** Seals that wait while one is on its way; the oldest go first, since a newer one is of all events before it. */
const waitingMax = 100;
const sendMsMax = 10_000;

export interface AnchorOptions extends CommandPorts {
  readonly files: Pick<Files, "open" | "stat">;
  readonly journal: (fields: Readonly<Record<string, string>>) => void;
  readonly clock: Clock;
  /** audit.anchor as it is now. */
  readonly setting: () => string;
  readonly report: (line: string) => void;
}

export interface Anchor {
  send(seal: Seal): void;
  /** Undefined: seals are sent nowhere. */
  view(): AnchorView | undefined;
  /** Resolves when nothing waits any more, in a bounded time. */
  settled(): Promise<void>;
}

export function createAnchor(options: AnchorOptions): Anchor {
  const { setting, report, clock } = options;
  let waiting: Seal[] = [];
  let running: Promise<void> | undefined;
  let [sent, failed] = [0, 0];
  let why: string | undefined;
  /** Of a send that was given up and did not end: another one would hang the same way. */
  let hanging: Promise<void> | undefined;

  const ended = (failure?: string) => {
    if (failure === undefined) sent++;
    else failed++;
    // Said once, not at each seal.
    if (failure !== undefined && why === undefined) report(`audit.anchor: ${setting()}: ${failure}`);
    if (failure === undefined && why !== undefined) report(`audit.anchor: ${setting()}: seals arrive again`);
    why = failure;
  };
  const released = () => {
    hanging = undefined;
  };
  const sendOne = async (seal: Seal, to: string) => {
    if (hanging !== undefined) throw new Error("the seal before it is still on its way");
    const late = Promise.withResolvers<never>();
    const disarm = clock.after(sendMsMax, () => late.reject(new Error(`not taken within ${sendMsMax / 1000} s`)));
    const work = deliver(options, seal, to);
    hanging = work.then(released, released);
    await Promise.race([work, late.promise]).finally(disarm);
    await hanging;
  };
  const drain = async () => {
    for (let seal = waiting.shift(); seal !== undefined; seal = waiting.shift()) {
      const to = setting();
      if (to !== "none")
        await sendOne(seal, to).then(
          () => ended(),
          (error: unknown) => ended(messageOf(error)),
        );
    }
    running = undefined;
  };
  return {
    send: (seal) => {
      if (setting() === "none") return;
      waiting = [...waiting, seal].slice(-waitingMax);
      running ??= drain();
    },
    view: () => {
      const to = setting();
      return to === "none" ? undefined : { to, sent, failed, ...(why !== undefined && { why }) };
    },
    settled: async () => running,
  };
}

async function deliver(options: AnchorOptions, seal: Seal, to: string): Promise<void> {
  const [, kind, rest = ""] = /^([a-z]+)(?::(.*))?$/s.exec(to) ?? [];
  if (kind === "journald") return options.journal(journalFields(seal));
  // One note after the other, an empty line behind each, as in the log's own file of seals.
  if (kind === "file") return appendText(options.files, rest, `${seal.note}\n`);
  return runWithText(options, rest, seal.note, sendMsMax - 1_000);
}

function journalFields({ origin, size, root, note }: Seal): Record<string, string> {
  return {
    MESSAGE: `seal of ${origin}: ${size} events, root ${root}`,
    PRIORITY: "5",
    SYSLOG_IDENTIFIER: "strata",
    STRATA_ORIGIN: origin,
    STRATA_EVENTS: String(size),
    STRATA_ROOT: root,
    STRATA_SEAL: note,
  };
}
