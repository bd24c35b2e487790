/** Sends each seal away (setting audit.anchor), so that a rewriting by the key's owner is found: in order, bounded, never in anybody's way. */
import { messageOf } from "../errors.ts";
import type { Seal } from "../model/seal.ts";
import type { AnchorView } from "../model/view.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import type { Processes } from "../sys/process.ts";

/** Seals that wait while one is on its way; the oldest go first, since a newer one is of all events before it. */
const waitingMax = 100;
const sendMsMax = 10_000;
const outputBytesMax = 64 << 10;

export interface AnchorOptions {
  readonly files: Pick<Files, "open" | "stat">;
  readonly processes: Pick<Processes, "run">;
  readonly journal: (fields: Readonly<Record<string, string>>) => void;
  readonly clock: Clock;
  /** PATH of the command. */
  readonly searchPath: string;
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
  if (kind === "file") return appendTo(options, rest, seal);
  return runWith(options, rest, seal);
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

/** Notes one after the other, an empty line behind each, as in the log's own file of seals. */
async function appendTo({ files }: AnchorOptions, path: string, { note }: Seal): Promise<void> {
  const file = await files.open(path, "ensure", 0o644);
  try {
    await file.write(Buffer.from(`${note}\n`), await file.size());
    await file.sync();
  } finally {
    await file.close();
  }
}

/** By a shell, with the note on standard input. */
async function runWith({ processes, searchPath }: AnchorOptions, command: string, { note }: Seal): Promise<void> {
  const { exitCode, stopped, stderr } = await processes.run(["/bin/sh", "-c", command], {
    env: { PATH: searchPath },
    input: Buffer.from(note),
    timeoutMs: sendMsMax - 1_000,
    outputBytesMax,
    signal: new AbortController().signal,
  });
  if (exitCode === 0) return;
  const said = stderr.trim().split("\n").at(-1) ?? "";
  throw new Error(`${stopped ? "it was stopped" : `it ended with exit code ${exitCode}`}${said && `: ${said}`}`);
}
