/** QEMU's tree of objects (qom-list of QMP). */
import { z } from "zod";
import type { Qmp } from "./qmp.ts";

const Properties = z.array(z.object({ name: z.string(), type: z.string() }));

/** What stands at a path: children with their types, `child<TYPE>`, and properties. Rejects like `Qmp.execute`. */
export const listObjects = async (qmp: Qmp, path: string): Promise<z.infer<typeof Properties>> =>
  Properties.parse(await qmp.execute("qom-list", { path }));
