/** A running QEMU opens a layer's new file and lets go of the old one, and of what only that stood on. The guest notices nothing. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { OpenFile } from "../../sys/files.ts";
import type { MergePlan } from "../driver.ts";
import { nodeOf, spareNodeOf } from "./paths.ts";
import type { Qmp } from "./qmp.ts";

interface Node {
  readonly name: string;
  /** The node of its file. */
  readonly file: string;
}

interface Stats {
  readonly "node-name"?: string | undefined;
  readonly qdev?: string | undefined;
  readonly parent?: Stats | undefined;
  readonly backing?: Stats | undefined;
}
const Stats: z.ZodType<Stats> = z.object({
  "node-name": z.string().optional(),
  qdev: z.string().optional(),
  get parent() {
    return Stats.optional();
  },
  get backing() {
    return Stats.optional();
  },
});
const Named = z.array(z.object({ file: z.string() }));
const Lent = z.array(z.object({ "fdset-id": z.int() }));

/**
 * Not open in it, or swapped already: nothing is done. That holds for what a machine of an earlier build was started with too,
 * since its nodes have no names of ours: it lets go when it stops. Rejects like `Qmp.execute`; the disk is as it was then.
 */
export async function swapLayer(
  qmp: Qmp,
  { layer, from, parent }: Pick<MergePlan, "layer" | "from" | "parent">,
  file: OpenFile,
): Promise<void> {
  const chain = await readNodes(qmp);
  const at = chain.findIndex(({ name }) => isNodeOf(layer, name));
  const end = parent === undefined ? chain.length - 1 : chain.findIndex(({ name }) => isNodeOf(parent, name));
  const [above, old, base] = [chain[at - 1], chain[at], chain[end]];
  if (above && old && base && end > at + 1) {
    const spare = old.name === nodeOf(layer) ? spareNodeOf(layer) : nodeOf(layer);
    await takePlace(qmp, { above, isTop: at === 1, spare, base }, file);
  }
  // Also what a daemon left open that died in the middle of this.
  for (const each of [layer, ...from]) for (const name of [nodeOf(each), spareNodeOf(each)]) await letGo(qmp, name);
  await takeBack(qmp);
}

const isNodeOf = (layer: string, name: string): boolean => name === nodeOf(layer) || name === spareNodeOf(layer);

/** From the guest's disk down to the image. */
async function readNodes(qmp: Qmp): Promise<Node[]> {
  const all = z.array(Stats).parse(await qmp.execute("query-blockstats"));
  const nodes: Node[] = [];
  const top = all.find(({ qdev }) => qdev?.includes("/disk0/"));
  for (let at = top; at !== undefined; at = at.backing)
    nodes.push({ name: at["node-name"] ?? "", file: at.parent?.["node-name"] ?? "" });
  return nodes;
}

interface Place {
  readonly above: Node;
  /** What is above is the disk that the guest writes to. */
  readonly isTop: boolean;
  readonly spare: string;
  readonly base: Node;
}

async function takePlace(qmp: Qmp, { above, isTop, spare, base }: Place, file: OpenFile): Promise<void> {
  const readOnly = { "read-only": true };
  await letGo(qmp, spare);
  const filename = await qmp.lend(file);
  try {
    const opened = { driver: "file", filename, ...readOnly };
    const next = { driver: "qcow2", "node-name": spare, ...readOnly, file: opened, backing: base.name };
    await qmp.execute("blockdev-add", next);
    const how = isTop ? { discard: "unmap" } : readOnly;
    const changed = { driver: "qcow2", "node-name": above.name, ...how, file: above.file, backing: spare };
    await qmp.execute("blockdev-reopen", { options: [changed] });
  } catch (error) {
    await letGo(qmp, spare);
    await takeBack(qmp);
    throw error;
  }
}

/** Closes a node that nothing stands on any more. Closed already, or in use: as good. */
async function letGo(qmp: Qmp, node: string): Promise<void> {
  await qmp.execute("blockdev-del", { "node-name": node }).catch((error: unknown) => {
    if (!(error instanceof UserError && error.code === "qmp-refused")) throw error;
  });
}

/** Files that were lent, at the start too, and that no node has open any more. */
async function takeBack(qmp: Qmp): Promise<void> {
  const nodes = Named.parse(await qmp.execute("query-named-block-nodes", { flat: true }));
  const used = new Set(nodes.map(({ file }) => file));
  for (const { "fdset-id": id } of Lent.parse(await qmp.execute("query-fdsets")))
    if (!used.has(`/dev/fdset/${id}`)) await qmp.execute("remove-fd", { "fdset-id": id });
}
