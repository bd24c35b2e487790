/** Whether anything was written to a layer: its first table, which is empty until then, tells it at once, also while QEMU has it open. */
import { UserError } from "../../errors.ts";
import type { QemuContext } from "./context.ts";
import { readLayerHeader } from "./layer-header.ts";
import { layerPath } from "./paths.ts";

/** QEMU's own bound for that table; a machine that broke out could have written more into its header. */
const tableBytesMax = 32 * 2 ** 20;
const pieceBytes = 2 ** 16;

/** QEMU allocates a part of a disk by an entry in this table, which it writes through before the guest hears of the write. */
export async function isWritten(
  { files, dataDirectory }: Pick<QemuContext, "files" | "dataDirectory">,
  layer: string,
  signal: AbortSignal,
): Promise<boolean> {
  const path = layerPath(dataDirectory, layer);
  if ((await files.stat(path)) === undefined)
    throw new UserError("disk-missing", `the instance's disk ${path} is gone`);
  const { table } = await readLayerHeader(files, path);
  if (table.bytes > tableBytesMax) throw new UserError("layer-damaged", `${path} says that it is larger than any disk`);
  const file = await files.open(path, "read");
  try {
    for (let read = 0; read < table.bytes; read += pieceBytes) {
      signal.throwIfAborted();
      const piece = await file.read(table.at + read, Math.min(pieceBytes, table.bytes - read));
      if (piece.some((byte) => byte !== 0)) return true;
    }
    return false;
  } finally {
    await file.close();
  }
}
