/**
 * Repairs that the log does not tell of yet: written down beside it before the first byte is changed, recorded as `log.repaired`
 * once it can be written, so that a crash in between leaves no repair without its event.
 */
import { z } from "zod";
import { UserError } from "../../../errors.ts";
import type { Files } from "../../../sys/files.ts";
import type { Actor } from "../../envelope.ts";
import type { EventLog } from "../log.ts";
import { quarantineDirectory } from "../segment.ts";

/** Of one command. */
export interface Debt {
  readonly command: string;
  readonly by: Actor;
  /** The log ends here, or goes on unchanged up to here. */
  readonly after: number;
  /** The data of each event. */
  readonly repairs: readonly object[];
}

const Debts = z.array(
  z.object({
    command: z.string(),
    by: z.custom<Actor>((by) => typeof by === "object" && by !== null),
    after: z.int().min(0),
    repairs: z.array(z.looseObject({})),
  }),
);

const pathOf = (directory: string): string => `${directory}/${quarantineDirectory}/owed.json`;

/** To be called before the repair itself. The very same one, begun again after a crash, is owed once. */
export async function oweRepairs(files: Files, directory: string, debt: Debt): Promise<void> {
  const known = await debtsIn(files, directory);
  const text = JSON.stringify(debt.repairs);
  if (known.some(({ repairs }) => JSON.stringify(repairs) === text)) return;
  const debts = [...known, debt];
  await files.makeDirectory(`${directory}/${quarantineDirectory}`, 0o700);
  await files.writeAtomically(pathOf(directory), Buffer.from(`${JSON.stringify(debts)}\n`), 0o600);
}

/** Records what is owed, once. What the disk does not take now stays owed: the log says by itself that it cannot be written. */
export async function settleRepairs(files: Files, directory: string, log: EventLog): Promise<void> {
  const debts = await debtsIn(files, directory);
  if (debts.length === 0) return;
  const about = { type: "log.repaired", version: 1, stream: `log/${log.id}` };
  try {
    for (const { command, by, after, repairs } of debts) {
      if (await isRecorded(log, command, after)) continue;
      await log.append({ events: repairs.map((data) => ({ ...about, data: { ...data } })), command, by }).durable;
    }
  } catch (error) {
    if (error instanceof UserError) return;
    throw error;
  }
  await files.remove(pathOf(directory));
}

async function debtsIn(files: Files, directory: string): Promise<Debt[]> {
  const path = pathOf(directory);
  if ((await files.stat(path)) === undefined) return [];
  const text = Buffer.from(await files.read(path)).toString();
  try {
    return Debts.parse(JSON.parse(text));
  } catch {
    // A note that has rotted is no reason not to open a log that is whole; what it told of lies beside it.
    return [];
  }
}

async function isRecorded(log: EventLog, command: string, after: number): Promise<boolean> {
  for await (const record of log.read({ after })) if (record.command === command) return true;
  return false;
}
