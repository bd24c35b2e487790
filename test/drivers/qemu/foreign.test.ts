/** Strangers' images before the real qemu-img: hostile tables are refused in bounded time, and nothing else of the host is touched. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  mkdtempSync,
  openSync,
  closeSync,
  writeSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  chmodSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectImage, type LayerPorts } from "../../../src/drivers/qemu/layers.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { systemHost } from "../../../src/sys/host.ts";
import { systemProcesses, type RunOptions } from "../../../src/sys/process.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "strata-foreign-"));
  chmodSync(directory, 0o755);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const path = (name: string) => join(directory, name);
const ran: RunOptions[] = [];

function ports(): LayerPorts {
  return {
    files: systemFiles,
    host: systemHost(),
    dataDirectory: directory,
    toolchain: async () => ({ system: [], img: [Bun.which("qemu-img") ?? "qemu-img"], env: {}, build: "system" }),
    processes: {
      ...systemProcesses,
      run: (argv, options) => {
        ran.push(options);
        return systemProcesses.run(argv, options);
      },
    },
  };
}

const inspect = (name: string) => inspectImage(ports(), path(name), new AbortController().signal);

/** An image of QEMU's own, with bytes of ours written over it. */
async function bent(name: string, options: string, changes: (bytes: Buffer) => void): Promise<void> {
  await Bun.$`qemu-img create -q -f qcow2 -o ${options} ${path(name)} 1G`;
  const bytes = readFileSync(path(name));
  changes(bytes);
  writeFileSync(path(name), bytes);
  chmodSync(path(name), 0o644);
}

test("images as QEMU makes them are taken, also with compressed clusters of either kind", async () => {
  writeFileSync(path("text.raw"), "expands ".repeat(2 ** 19));
  const shapes = [
    "compat=0.10",
    "compat=1.1",
    "compression_type=zstd",
    "extended_l2=on,cluster_size=128k",
    "cluster_size=512",
  ];
  for (const shape of shapes) {
    const packed = shape.startsWith("extended") ? [] : ["-c"];
    await Bun.$`qemu-img convert -f raw -O qcow2 ${packed} -o ${shape} ${path("text.raw")} ${path("made")}`;
    expect(await inspect("made")).toEqual({ format: "qcow2", virtualSize: 2 ** 22 });
  }
});

test("qemu-img runs with a bound of time, memory and output, and as root under an account without rights", async () => {
  await bent("plain", "compat=1.1", () => {});
  ran.length = 0;
  await inspect("plain");
  expect(ran).toEqual([
    expect.objectContaining({ timeoutMs: 20_000, memoryBytesMax: 2 ** 30, outputBytesMax: 256 * 2 ** 10 }),
  ]);
  if (process.getuid?.() === 0) expect(ran[0]?.account).toEqual({ uid: 719_999, gid: 719_999 });
});

test("a name of another file in a header extension is refused before qemu-img sees it", async () => {
  await bent("hidden", "compat=1.1", (bytes) => {
    const at = bytes.readUInt32BE(100);
    bytes.writeUInt32BE(0x44415441, at);
    bytes.writeUInt32BE(11, at + 4);
    bytes.write("/etc/passwd", at + 8);
  });
  ran.length = 0;
  await expect(inspect("hidden")).rejects.toMatchObject({ code: "image-invalid" });
  expect(ran).toEqual([]);
});

test("a cluster that lies a petabyte behind the end is found out, without memory for it", async () => {
  await bent("far", "compat=1.1", (bytes) => {
    const l1 = Number(bytes.readBigUInt64BE(40));
    bytes.writeBigUInt64BE((1n << 63n) | (1n << 50n), l1);
  });
  await expect(inspect("far")).rejects.toMatchObject({
    code: "image-invalid",
    message: expect.stringContaining("cannot be used"),
  });
});

test("a bomb, whose every table is the same one, is stopped at the bound of what qemu-img may say", async () => {
  // 32 MiB of entries, each of which has qemu-img read the same 64 KiB.
  const entries = 2 ** 21;
  await Bun.$`qemu-img create -q -f qcow2 ${path("bomb")} 16G`;
  const head = readFileSync(path("bomb"));
  const size = statSync(path("bomb")).size;
  const [l2, l1] = [Math.ceil(size / 65_536) * 65_536, Math.ceil(size / 65_536) * 65_536 + 65_536];
  const file = openSync(path("bomb"), "r+");
  try {
    const table = Buffer.alloc(65_536);
    // Every cluster is the packed one at the beginning of the file.
    for (let at = 0; at < table.length; at += 8) table.writeBigUInt64BE((1n << 62n) | 0x10000n, at);
    writeSync(file, table, 0, table.length, l2);
    const list = Buffer.alloc(entries * 8);
    for (let at = 0; at < list.length; at += 8) list.writeBigUInt64BE((1n << 63n) | BigInt(l2), at);
    writeSync(file, list, 0, list.length, l1);
    head.writeUInt32BE(entries, 36);
    head.writeBigUInt64BE(BigInt(l1), 40);
    writeSync(file, head, 0, 512, 0);
  } finally {
    closeSync(file);
  }
  // qemu-img would name each entry as a fault, two million lines of them.
  await expect(inspect("bomb")).rejects.toMatchObject({
    code: "image-invalid",
    message: expect.stringContaining("qemu-img was stopped"),
  });
});
