/** What the two verifiers, written apart, say of logs in folders. */
import { join } from "node:path";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { systemFiles } from "../../../src/sys/files.ts";

/** The verifier that goes with every exported proof. */
export const verifier = join(import.meta.dir, "../../../src/events/store/seals/bundle/verify.py.txt");

/** Many logs by one interpreter: their folders come on its standard input. */
const loop = `
import importlib.machinery, importlib.util, json, sys, traceback
spec = importlib.util.spec_from_loader("verify", importlib.machinery.SourceFileLoader("verify", sys.argv[1])); verify = importlib.util.module_from_spec(spec); spec.loader.exec_module(verify)
for folder in sys.stdin.read().split():
    try: print(json.dumps(verify.verify(folder)))
    except Exception: print(json.dumps({"error": traceback.format_exc()}))
`;

export interface Verdict {
  readonly ok?: boolean;
  readonly kind?: string;
  readonly position?: number;
  readonly events?: number;
  readonly seals?: number;
  readonly keys?: number;
  /** Up to which event they are not here. */
  readonly archived?: number;
  readonly error?: string;
}

export function verdictsOfPython(folders: readonly string[]): Verdict[] {
  const { stdout, stderr, exitCode } = Bun.spawnSync(["python3", "-B", "-c", loop, verifier], {
    stdin: Buffer.from(folders.join("\n")),
    env: { PATH: process.env["PATH"] ?? "" },
  });
  if (exitCode !== 0) throw new Error(stderr.toString());
  const lines = stdout.toString().trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Verdict);
}

/** The shared part of a verdict, and what only strata tells. */
export interface OwnVerdict {
  readonly shared: Verdict;
  readonly root: string;
  readonly torn: number;
}

export async function verdictOfStrata(folder: string): Promise<OwnVerdict> {
  const { damage, events, seals, root, archived } = await verifyLog({ directory: folder, files: systemFiles });
  const shared = damage
    ? { ok: false, kind: damage.kind, position: damage.position }
    : { ok: true, events, seals: seals.count, keys: seals.keys, ...(archived && { archived: archived.upTo }) };
  return { shared, root, torn: seals.torn };
}
