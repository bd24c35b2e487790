/** One transfer from its words to its end: who is asked, what goes where, and what is there when it is cut short. */
import type { ApiClient } from "../../api/client.ts";
import type { FileTransfers, Transferred, TransferPlan, TransferWatch } from "../../commands/context.ts";
import { UserError, exitCodes, messageOf, type Hint } from "../../errors.ts";
import { systemIds } from "../../sys/ids.ts";
import { here } from "./here.ts";
import { copyAll, type Ends } from "./run.ts";
import { createJob, type Job, type Tally } from "./job.ts";
import { type GuestFiles, openGuestFiles } from "./session.ts";
import type { Side } from "./side.ts";
import { there } from "./there.ts";

/** Of our own id, enough that two transfers never meet. */
const idCharacters = 12;

export function fileTransfers(api: ApiClient, version: string): FileTransfers {
  return {
    async run(plan, watch) {
      const guests = new Map<string, GuestFiles>();
      const drop = () => {
        for (const guest of guests.values()) guest.drop(watch.released.reason);
      };
      watch.released.addEventListener("abort", drop, { once: true });
      try {
        for (const name of instancesOf(plan)) guests.set(name, await openGuestFiles(api, version, name));
        return await runWith(plan, watch, guests);
      } finally {
        watch.released.removeEventListener("abort", drop);
        await Promise.all([...guests.values()].map((guest) => guest.close()));
      }
    },
  };
}

const instancesOf = ({ sources, target }: TransferPlan): ReadonlySet<string> =>
  new Set([...sources, target].flatMap((place) => (place.at === "guest" ? [place.instance] : [])));

async function runWith(
  plan: TransferPlan,
  watch: TransferWatch,
  guests: ReadonlyMap<string, GuestFiles>,
): Promise<Transferred> {
  const lost = AbortSignal.any([...guests.values()].map((guest) => guest.lost));
  const job = createJob({
    signal: AbortSignal.any([watch.signal, lost]),
    id: systemIds.next().slice(-idCharacters),
    onBytes: watch.onBytes,
    onFault: watch.onFault,
  });
  const sideOf = (instance: string | undefined): Side => {
    const guest = instance === undefined ? undefined : guests.get(instance);
    return guest === undefined || instance === undefined ? here : there(guest.sftp, instance);
  };
  const [from, to] = [plan.sources[0], plan.target].map((place) =>
    sideOf(place?.at === "guest" ? place.instance : undefined),
  ) as [Side, Side];
  const ends: Ends = { from, to, onTotal: watch.onTotal };
  try {
    const target = await copyAll(plan, ends, job);
    return { ...job.tally, target };
  } catch (error) {
    throw cutShort(error, { plan, watch, job, lost });
  }
}

interface Cut {
  readonly plan: TransferPlan;
  readonly watch: TransferWatch;
  readonly job: Job;
  readonly lost: AbortSignal;
}

/** The same failure, with what is there now. */
function cutShort(error: unknown, { watch, job, lost }: Cut): unknown {
  const hints: Hint[] = job.left.slice(0, 1).map((name) => ["left", name]);
  const there = whole(job.tally);
  if (watch.signal.aborted || watch.released.aborted) {
    return new UserError("cancelled", `cancelled: transfer; ${there}`, { exit: exitCodes.interrupted, hints });
  }
  const reason: unknown = lost.aborted ? lost.reason : error;
  if (reason instanceof UserError) {
    const { code, message, exit, cause } = reason;
    const isBegun = lost.aborted || job.tally.files > 0 || code === "file-not-copied";
    const said = isBegun ? `${message}; ${there}` : message;
    return new UserError(code, said, { exit, cause, hints: [...reason.hints, ...hints] });
  }
  if (!(error instanceof Error)) return error;
  // What the system, or the guest's file server, says in its own words.
  return new UserError("file-not-copied", `${messageOf(error)}; ${there}`, { hints, cause: error });
}

/** `nothing was written`, or what is whole. */
function whole({ files, links }: Tally): string {
  const count = files + links;
  if (count === 0) return "nothing was written";
  return `${count} ${count === 1 ? "file is" : "files are"} whole, the rest is not there`;
}
