/** Trees of layers by their headers: what stands on what, what is gone, and what may be removed. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFrozenChain } from "../../../src/drivers/qemu/chain.ts";
import type { QemuContext } from "../../../src/drivers/qemu/context.ts";
import { discard } from "../../../src/drivers/qemu/discard.ts";
import { readLayerHeader } from "../../../src/drivers/qemu/layer-header.ts";
import { share } from "../../../src/drivers/qemu/memories.ts";
import { createTurns } from "../../../src/sys/turns.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import type { Files } from "../../../src/sys/files.ts";
import { layerHeader, putLayer } from "./layer-file.ts";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "strata-tree-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const context = () =>
  ({ files: systemFiles, dataDirectory: directory, layerTurns: createTurns() }) as unknown as QemuContext;
const layerFile = (name: string) => join(directory, "layers", `${name}.qcow2`);
const memoryFile = (name: string) => join(directory, "memories", `${name}.img`);

describe("a header", () => {
  test("is read as qemu-img writes it, with a long name of the parent too", async () => {
    mkdirSync(join(directory, "layers"));
    for (const [backing, format] of [
      ["l-0.qcow2", "qcow2"],
      [`../images/${"a".repeat(900)}.raw`, "raw"],
    ] as const) {
      await Bun.$`qemu-img create -q -u -f qcow2 -F ${format} -b ${backing} ${layerFile("l-1")} 3G`;
      expect(await readLayerHeader(systemFiles, layerFile("l-1"))).toMatchObject({
        backing,
        format,
        virtualSize: 3 * 2 ** 30,
      });
    }
  });

  test("that is bent is damaged, and never read beyond what it may have", async () => {
    mkdirSync(join(directory, "layers"));
    const bends: ((head: Buffer) => unknown)[] = [
      (head) => head.write("RAW!"),
      (head) => head.writeUInt32BE(2, 4),
      (head) => head.writeBigUInt64BE(2n ** 63n, 8),
      (head) => head.writeBigUInt64BE(0n, 8),
      (head) => head.writeUInt32BE(0, 16),
      (head) => head.writeUInt32BE(2 ** 31, 16),
      (head) => head.writeBigUInt64BE(2n ** 62n, 24),
      (head) => head.writeUInt32BE(2 ** 31, 100),
      (head) => head.writeUInt32BE(2 ** 31, 116),
      (head) => head.write("vmdk!", 120),
      (head) => head.writeBigUInt64BE(4n, 72),
    ];
    for (const bend of bends) {
      const head = layerHeader({ backing: "l-0.qcow2" });
      bend(head);
      writeFileSync(layerFile("l-1"), head);
      await expect(readLayerHeader(systemFiles, layerFile("l-1"))).rejects.toMatchObject({ code: "layer-damaged" });
    }
    writeFileSync(layerFile("l-1"), "short");
    await expect(readLayerHeader(systemFiles, layerFile("l-1"))).rejects.toMatchObject({ code: "layer-damaged" });
  });
});

describe("going back", () => {
  test("is possible as long as all is there, down to the image", async () => {
    putLayer(directory, "l-1");
    putLayer(directory, "l-2", "l-1.qcow2");
    putLayer(directory, "l-3", "l-2.qcow2");
    await checkFrozenChain(context(), "l-3");
    rmSync(join(directory, "images/i.raw"));
    const missing = (what: string) => ({ code: "layer-missing", message: expect.stringContaining(what) });
    await expect(checkFrozenChain(context(), "l-3")).rejects.toMatchObject(missing("i.raw"));
    rmSync(layerFile("l-1"));
    await expect(checkFrozenChain(context(), "l-3")).rejects.toMatchObject(missing("l-1"));
  });

  test("to layers in a circle is not", async () => {
    putLayer(directory, "l-1", "l-2.qcow2");
    putLayer(directory, "l-2", "l-1.qcow2");
    await expect(checkFrozenChain(context(), "l-1")).rejects.toMatchObject({ code: "layer-damaged" });
  });
});

describe("what is discarded", () => {
  const all = { layers: ["l-1", "l-2"], memories: ["m-1"] };
  beforeEach(() => {
    putLayer(directory, "l-1");
    putLayer(directory, "l-2", "l-1.qcow2", "top");
    mkdirSync(join(directory, "memories"));
    for (const path of [memoryFile("m-1"), `${memoryFile("m-1")}.new`]) writeFileSync(path, "memory");
  });

  test("lies in quarantine until it is discarded for good", async () => {
    for (const _ of ["once", "twice"]) await discard(context(), { ...all, quarantine: true });
    expect(readdirSync(join(directory, "layers"))).toEqual(["quarantine"]);
    expect(readdirSync(join(directory, "layers/quarantine")).sort()).toEqual(["l-1.qcow2", "l-2.qcow2"]);
    expect(readdirSync(join(directory, "memories/quarantine"))).toEqual(["m-1.img"]);
    for (const _ of ["once", "twice"]) await discard(context(), { ...all, quarantine: false });
    for (const kind of ["layers", "memories"]) expect(readdirSync(join(directory, kind, "quarantine"))).toEqual([]);
  });

  test("stays as a whole when a layer stands on it that does not go too", async () => {
    putLayer(directory, "l-3", "l-1.qcow2", "top");
    const refused = { code: "layer-in-use", message: expect.stringContaining("l-3") };
    await expect(discard(context(), { ...all, quarantine: false })).rejects.toMatchObject(refused);
    expect([layerFile("l-1"), layerFile("l-2"), memoryFile("m-1")].map((path) => existsSync(path))).toEqual([
      true,
      true,
      true,
    ]);
    await discard(context(), { ...all, layers: ["l-1", "l-2", "l-3"], quarantine: false });
    expect(readdirSync(join(directory, "layers"))).toEqual([]);
  });

  test("goes although somebody else's layer is damaged, and although there is nothing", async () => {
    writeFileSync(layerFile("l-9"), "damaged");
    await discard(context(), { ...all, quarantine: false });
    expect(readdirSync(join(directory, "layers"))).toEqual(["l-9.qcow2"]);
    rmSync(directory, { recursive: true });
    await discard(context(), { ...all, quarantine: true });
  });
});

describe("memory under a second name", () => {
  const [from, to] = [() => join(directory, "from"), () => join(directory, "to")];
  const content = Buffer.alloc(2 ** 20 + 5, "memory");
  beforeEach(() => writeFileSync(from(), content));

  test("is the same file, and again, and stays when the first name goes", async () => {
    for (const _ of ["once", "twice"]) await share(systemFiles, from(), to());
    rmSync(from());
    expect(Buffer.from(await systemFiles.read(to()))).toEqual(content);
    expect(readdirSync(directory)).toEqual(["to"]);
  });

  test("is a copy where the file system makes no links", async () => {
    const unlinked = Object.assign(new Error("EPERM"), { code: "EPERM" });
    const files: Files = { ...systemFiles, link: () => Promise.reject(unlinked) };
    await share(files, from(), to());
    chmodSync(from(), 0o600);
    writeFileSync(from(), "changed");
    expect(Buffer.from(await systemFiles.read(to()))).toEqual(content);
    expect(readdirSync(directory).sort()).toEqual(["from", "to"]);
  });

  test("is not half a copy when that fails", async () => {
    const failure = (code: string) => Object.assign(new Error(code), { code });
    const files: Files = {
      ...systemFiles,
      link: () => Promise.reject(failure("EXDEV")),
      open: async (path, how, mode) => {
        const file = await systemFiles.open(path, how, mode);
        return { ...file, write: () => Promise.reject(failure("ENOSPC")) };
      },
    };
    await expect(share(files, from(), to())).rejects.toMatchObject({ code: "ENOSPC" });
    expect(readdirSync(directory)).toEqual(["from"]);
  });
});
