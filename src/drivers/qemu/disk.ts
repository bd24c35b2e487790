/** The guest's disk as a running QEMU has it: on which layer it stands, and how another takes its place. */
import { z } from "zod";
import type { ProcessIdentity } from "../../sys/process-facts.ts";
import type { Processes } from "../../sys/process.ts";
import { UserError } from "../../errors.ts";
import { nodeOf } from "./paths.ts";
import type { Qmp } from "./qmp.ts";

/** What a machine that an earlier build started calls its disk; nothing has taken that one's place. */
export const earlierNode = "disk";

/** Name of the node that the guest's disk stands on now. */
export async function readTop(qmp: Qmp): Promise<string> {
  return z.string().parse(await qmp.execute("qom-get", { path: "/machine/peripheral/disk0", property: "drive" }));
}

/** The layers' folder by the path that the machine's account has to it; its command line says which. */
export function layersFolder(processes: Processes, { pid }: ProcessIdentity): string {
  const said = processes.facts(pid)?.argv.join(" ") ?? "";
  const [, folder] = /"filename":("[^"]*\/layers)\/[^/"]+\.qcow2"/.exec(said) ?? [];
  if (folder === undefined) throw new UserError("machine-unreachable", `process ${pid} does not say where its disk is`);
  return z.string().parse(JSON.parse(`${folder}"`));
}

/** Has QEMU open a layer that is to be the top; its parent is what the disk stands on when it becomes that. */
export async function openLayer(qmp: Qmp, folder: string, layer: string): Promise<void> {
  await closeLayer(qmp, layer);
  const file = { driver: "file", filename: `${folder}/${layer}.qcow2`, discard: "unmap" };
  await qmp.execute("blockdev-add", {
    driver: "qcow2",
    "node-name": nodeOf(layer),
    discard: "unmap",
    backing: null,
    file,
  });
}

/** Lets go of a layer that was opened and is not used; not open: confirms. */
export async function closeLayer(qmp: Qmp, layer: string): Promise<void> {
  const closing = qmp.execute("blockdev-del", { "node-name": nodeOf(layer) });
  await closing.catch((error: unknown) => {
    if (!(error instanceof UserError && error.code === "qmp-refused")) throw error;
  });
}

/** From now on the guest writes to `layer`; what the disk stood on before is not written to any more. */
export async function switchTop(qmp: Qmp, layer: string): Promise<void> {
  await qmp.execute("blockdev-snapshot", { node: await readTop(qmp), overlay: nodeOf(layer) });
}
