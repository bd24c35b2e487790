/** The client as a witness: it remembers the last seal of each daemon, and demands that a later log contains it. */
import type { Hello, Line } from "../api/client.ts";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import { isConsistent } from "../model/merkle-proof.ts";
import { parseSeal } from "../model/seal.ts";
import { readMemory, writeMemory } from "../sys/client-file.ts";

/** A log that grew is asked for its proof, and the file written, at most so often; anything else is noticed at once. */
const everyMs = 60_000;
/** Daemons that are remembered; the one that was not met for the longest goes first. */
const daemonsMax = 200;

/** What is kept of one daemon. */
interface Memory {
  readonly note: string;
  readonly key: string;
  /** When it was last checked, in milliseconds of the wall clock. */
  readonly atMs: number;
}

export interface WitnessParts {
  /** The file of all memories. */
  readonly path: string;
  /** Which daemon. */
  readonly socket: string;
  /** Of this program. */
  readonly version: string;
  readonly nowMs: () => number;
  /** Trouble with the file is said, and stops nobody. */
  readonly say: (line: string) => void;
}

/** Compares the seal of a greeting with the last one. Throws `log-not-consistent`. */
export async function witness(parts: WitnessParts, hello: Hello, line: Line): Promise<void> {
  // The daemon itself says that its log is not to be relied on; looking must go on working.
  if (hello.readOnly !== undefined) return;
  const memories = readable(parts);
  if (memories === undefined) return;
  const before = memories[parts.socket];
  const { seal: now } = hello;
  if (now?.note === before?.note) return;
  const atMs = parts.nowMs();
  if (now === undefined) return missed(parts, hello);
  const isNext = before === undefined || (await isSuccessor({ ...parts, atMs }, before, now, line));
  if (!isNext) return;
  await checkSignature(now, parts);
  remember(parts, { ...memories, [parts.socket]: { ...now, atMs } });
}

/** A daemon of another version may know no seals. */
function missed(parts: WitnessParts, { version }: Hello): void {
  if (version === parts.version) throw inconsistent(parts, "it shows no seal any more");
}

/** Forgets the daemon; false when nothing was known of it. */
export function forgetDaemon({ path, socket }: Pick<WitnessParts, "path" | "socket">): boolean {
  const { [socket]: known, ...rest } = readMemory(path) as Record<string, Memory>;
  if (known !== undefined) writeMemory(path, rest);
  return known !== undefined;
}

type ShownSeal = NonNullable<Hello["seal"]>;

/** False: nothing speaks against it, and it need not be remembered now. */
async function isSuccessor(
  parts: WitnessParts & { readonly atMs: number },
  before: Memory,
  now: ShownSeal,
  line: Line,
): Promise<boolean> {
  const [old, seal] = [parseSeal(before.note), parseSeal(now.note)];
  if (old === undefined) {
    parts.say(`warning     the seal remembered in ${parts.path} cannot be read; next: strata audit forget`);
    return false;
  }
  if (seal === undefined) throw inconsistent(parts, "its seal cannot be read");
  if (seal.origin !== old.origin) throw inconsistent(parts, `it is another log, ${seal.origin}`);
  if (seal.size < old.size) {
    // Another client may have met the daemon after us, and written before us.
    const newer = parseSeal((await line.hello()).seal?.note ?? "");
    if (newer === undefined || newer.size < old.size)
      throw inconsistent(parts, `it held ${old.size} sealed events, and now ${seal.size}`);
    return false;
  }
  const ageMs = parts.atMs - before.atMs;
  if (seal.size > old.size && ageMs >= 0 && ageMs < everyMs) return false;
  if (now.key !== before.key) throw inconsistent(parts, "it is sealed with another key");
  const { joinNodes } = await import("../events/store/merkle.ts");
  const { path } = await line.ask("audit.consistency", { from: old.size, to: seal.size });
  if (!isConsistent(joinNodes, { old, now: seal }, path))
    throw inconsistent(parts, `its first ${old.size} events are not the same any more`);
  return true;
}

async function checkSignature(now: ShownSeal, parts: WitnessParts): Promise<void> {
  const { isSealedBy, parseVerifierKey } = await import("../events/store/seals/note.ts");
  const [seal, key] = [parseSeal(now.note), parseVerifierKey(now.key)];
  if (seal === undefined || key === undefined || !isSealedBy(seal, key))
    throw inconsistent(parts, "its newest seal is not signed with its key");
}

function inconsistent({ socket, path }: WitnessParts, why: string): UserError {
  return new UserError(
    "log-not-consistent",
    `the history of the daemon at ${socket} is not the one seen before: ${why}`,
    {
      exit: exitCodes.log,
      hints: [
        ["why", `an older copy was put back, or the log was rewritten; the seal seen before is in ${path}`],
        ["next", "strata audit verify"],
        ["if meant", "strata audit forget"],
      ],
    },
  );
}

/** Undefined when the file cannot be used: it is then left as it is. */
function readable({ path, say }: WitnessParts): Record<string, Memory> | undefined {
  try {
    return readMemory(path) as Record<string, Memory>;
  } catch (error) {
    say(`warning     seals of earlier calls cannot be compared: ${messageOf(error)}`);
    return undefined;
  }
}

function remember(parts: WitnessParts, memories: Record<string, Memory>): void {
  const newest = Object.entries(memories).sort(([, a], [, b]) => b.atMs - a.atMs);
  try {
    writeMemory(parts.path, Object.fromEntries(newest.slice(0, daemonsMax)));
  } catch {
    // A home that cannot be written, as a service's: then nothing is remembered, and nothing is worse than before.
  }
}
