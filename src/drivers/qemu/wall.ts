/** A filter on a machine's network that takes away all that the guest sends, and leads nowhere. */
import { UserError } from "../../errors.ts";
import type { Qmp } from "./qmp.ts";

const id = "wall";

/** On QEMU's command line. */
export const wallArguments = [
  ["-chardev", `null,id=${id}`],
  ["-object", `filter-redirector,id=${id},netdev=net0,queue=rx,outdev=${id}`],
] as const;

/** From now on nothing that the guest sends gets past it. It stands already: confirms. */
export async function raiseWall(qmp: Qmp): Promise<void> {
  await unless("duplicate", qmp.execute("chardev-add", { id, backend: { type: "null", data: {} } }));
  await unless("duplicate", addFilter(qmp, id, { queue: "rx", outdev: id }));
}

/** It does not stand: confirms. */
export const takeWallDown = (qmp: Qmp): Promise<void> => removeFilter(qmp, id);

/** Its character devices are there already. */
export async function addFilter(qmp: Qmp, name: string, options: Readonly<Record<string, string>>): Promise<void> {
  await qmp.execute("object-add", { "qom-type": "filter-redirector", id: name, netdev: "net0", ...options });
}

/** With the character device of the same name. Not there: confirms. */
export async function removeFilter(qmp: Qmp, name: string): Promise<void> {
  await unless("not found", qmp.execute("object-del", { id: name }));
  await unless("not found", qmp.execute("chardev-remove", { id: name }));
}

/** QEMU has no code of its own for either, only words. */
const refusals = { duplicate: /duplicate|already exists/i, "not found": /not found|not exist/i } as const;

async function unless(refusal: keyof typeof refusals, work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof UserError && refusals[refusal].test(error.message))) throw error;
  });
}
