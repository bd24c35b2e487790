/** Foreign images with snapshots inside, on a bed of real layers: written by qemu-io, read through qemu-img. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QemuOptions } from "../../../src/drivers/qemu/context.ts";
import type { TakeBench } from "../contract-take.ts";
import { createMergeBed } from "./merge-bed.ts";

export const blockBytes = 2 ** 20;

export interface QemuTakeBench extends TakeBench {
  readonly directory: string;
  readonly bed: ReturnType<typeof createMergeBed>;
}

export async function createTakeBench(more: Partial<QemuOptions> = {}): Promise<QemuTakeBench> {
  const directory = mkdtempSync(join(tmpdir(), "strata-take-"));
  const system = Bun.which("qemu-system-x86_64") ?? "";
  const img = Bun.which("qemu-img") ?? "";
  const toolchain = async () => ({ system: [system], img: [img], env: {}, build: "system" });
  const bed = createMergeBed(directory, { toolchain, ...more });
  const images = join(directory, "data/images");
  let serial = 0;
  const write = (path: string, content: string) =>
    bed.must(
      "qemu-io",
      "-f",
      "qcow2",
      ...[...content].flatMap((letter, at) => ["-c", `write -P ${letter.charCodeAt(0)} ${at}M 1M`]),
      path,
    );
  const readImage = async (path: string) => {
    const raw = join(directory, "read.raw");
    bed.must("qemu-img", "convert", "-O", "raw", path, raw);
    const bytes = await Bun.file(raw).bytes();
    rmSync(raw);
    return textOf(bytes);
  };
  return {
    directory,
    bed,
    driver: bed.driver,
    async image(snapshots, now) {
      const path = join(images, `foreign-${++serial}.qcow2`);
      bed.must("qemu-img", "create", "-q", "-f", "qcow2", path, "8M");
      for (const [tag, content] of snapshots) {
        write(path, content);
        bed.must("qemu-img", "snapshot", "-c", tag, path);
      }
      write(path, now);
      return path;
    },
    target: () => join(images, `${String(++serial).padStart(64, "0")}.qcow2`),
    readImage,
    read: (layer) => readImage(bed.layer(layer)),
    files: () =>
      readdirSync(join(directory, "data/layers"))
        .map((name) => name.replace(/\.qcow2$/, ""))
        .sort(),
    close: async () => {
      await bed.driver.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** A letter for each block that holds one letter only. */
function textOf(bytes: Uint8Array): string {
  const blocks = Array.from({ length: Math.ceil(bytes.length / blockBytes) }, (_, at) =>
    bytes.subarray(at * blockBytes, (at + 1) * blockBytes),
  );
  const letters = blocks.map((block) => (block.every((byte) => byte === block[0]) ? (block[0] ?? 0) : 63));
  return String.fromCharCode(...letters).replace(/\0+$/, "");
}
