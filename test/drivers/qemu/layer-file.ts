/** A layer as far as its header says what it is: enough for whoever only reads that. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface LayerShape {
  readonly backing: string;
  readonly format?: string;
  readonly bytes?: number;
}

/** As the format's specification lays it out: fixed fields, the parent's format, the parent's name. */
export function layerHeader({ backing, format = "qcow2", bytes = 2 ** 30 }: LayerShape): Buffer {
  const head = Buffer.alloc(4096);
  head.write("QFI\xfb", "latin1");
  head.writeUInt32BE(3, 4);
  head.writeBigUInt64BE(512n, 8);
  head.writeUInt32BE(Buffer.byteLength(backing), 16);
  head.writeUInt32BE(16, 20);
  head.writeBigUInt64BE(BigInt(bytes), 24);
  head.writeUInt32BE(112, 100);
  head.writeUInt32BE(0xe2792aca, 112);
  head.writeUInt32BE(format.length, 116);
  head.write(format, 120, "latin1");
  head.write(backing, 512);
  return head;
}

/** In the data directory's folder; frozen unless it is a `top`. Makes the image `../images/i.raw` that it stands on by default. */
export function putLayer(dataDirectory: string, layer: string, backing = "../images/i.raw", kind?: "top"): void {
  const image = join(dataDirectory, "images/i.raw");
  const path = join(dataDirectory, "layers", `${layer}.qcow2`);
  for (const each of [image, path]) mkdirSync(dirname(each), { recursive: true });
  writeFileSync(image, "");
  writeFileSync(path, layerHeader({ backing, format: backing.endsWith(".raw") ? "raw" : "qcow2" }));
  chmodSync(path, kind === "top" ? 0o600 : 0o400);
}
