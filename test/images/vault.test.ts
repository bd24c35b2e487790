/** The verified store of images, on the real file system. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import { createVault } from "../../src/images/vault.ts";
import type { Inspect } from "../../src/images/vault.ts";
import { systemFiles } from "../../src/sys/files.ts";
import type { Files } from "../../src/sys/files.ts";
import { sha256Hex } from "../../src/sys/hash.ts";
import { systemIds as ids } from "../../src/sys/ids.ts";

const content = new Uint8Array(3_000_000).map((_, index) => index % 253);
const digest = sha256Hex(content);
const signal = new AbortController().signal;
const inspect: Inspect = async () => ({ format: "qcow2", virtualSize: 2 ** 30 });

async function* pieces(bytes = content, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

let directory = "";
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "strata-vault-"))));
afterEach(() => rmSync(directory, { recursive: true }));
const vaultOn = (files: Files = systemFiles) => createVault({ directory: join(directory, "images"), files, ids });
const incoming = () => readdirSync(join(directory, "images", "incoming"));

describe("adding an image", () => {
  test("stores it under its digest, readable for everyone, and says what it is", async () => {
    const stored = await vaultOn().add(pieces(), { signal }, inspect);
    const path = join(directory, "images", `${digest}.qcow2`);
    expect(stored).toEqual({ sha256: digest, format: "qcow2", virtualSize: 2 ** 30, bytes: content.length, path });
    expect(Buffer.compare(readFileSync(path), content)).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(incoming()).toEqual([]);
  });

  test("with a content that is there keeps the file that machines may have open", async () => {
    const vault = vaultOn();
    const { path } = await vault.add(pieces(), { signal }, inspect);
    const { ino } = statSync(path);
    await vault.add(pieces(), { signal }, inspect);
    expect(statSync(path).ino).toBe(ino);
    expect(incoming()).toEqual([]);
  });

  test("twice at once stores it once", async () => {
    const vault = vaultOn();
    const both = await Promise.all([
      vault.add(pieces(), { signal }, inspect),
      vault.add(pieces(), { signal }, inspect),
    ]);
    expect(both.map(({ path }) => path)).toEqual([both[0].path, both[0].path]);
    expect(readdirSync(join(directory, "images")).sort()).toEqual([`${digest}.qcow2`, "incoming"]);
  });

  test("reports progress up to the whole", async () => {
    const seen: [number, number][] = [];
    await vaultOn().add(
      pieces(),
      { signal, expectedBytes: content.length, progress: (...step) => seen.push(step) },
      inspect,
    );
    expect(seen.at(-1)).toEqual([content.length, content.length]);
    expect(seen.every(([done], index) => index === 0 || done > (seen[index - 1]?.[0] ?? 0))).toBe(true);
  });

  test("inspects the whole file, before it has its name", async () => {
    let seen: unknown;
    await vaultOn().add(pieces(), { signal }, async (path) => {
      seen = {
        bytes: statSync(path).size,
        isPublished: readdirSync(join(directory, "images")).includes(`${digest}.qcow2`),
      };
      return inspect(path, signal);
    });
    expect(seen).toEqual({ bytes: content.length, isPublished: false });
  });
});

describe("a refused image", () => {
  const cases: [string, string, (vault: ReturnType<typeof vaultOn>) => Promise<unknown>][] = [
    [
      "shorter than announced",
      "image-size-mismatch",
      (vault) => vault.add(pieces(), { signal, expectedBytes: content.length + 1 }, inspect),
    ],
    [
      "longer than announced",
      "image-size-mismatch",
      (vault) => vault.add(pieces(), { signal, expectedBytes: 100_000 }, inspect),
    ],
    [
      "larger than the disk has space",
      "no-space",
      (vault) => vault.add(pieces(), { signal, expectedBytes: 2 ** 60 }, inspect),
    ],
    [
      "that is none",
      "image-invalid",
      (vault) => vault.add(pieces(), { signal }, () => Promise.reject(new UserError("image-invalid", "no image"))),
    ],
    ["whose source breaks off", "connection-lost", (vault) => vault.add(broken(), { signal }, inspect)],
    [
      "when the user cancels",
      "cancelled",
      (vault) => vault.add(pieces(), { signal: AbortSignal.abort(new UserError("cancelled", "by the user")) }, inspect),
    ],
  ];
  async function* broken() {
    yield content;
    throw new UserError("connection-lost", "the client left");
  }
  test.each(cases)("%s leaves nothing behind: %s", async (_, code, add) => {
    const vault = vaultOn();
    await expect(add(vault)).rejects.toMatchObject({ code });
    expect(incoming()).toEqual([]);
    expect(await vault.find(digest)).toBeUndefined();
  });

  test("for which the disk has no block left says no-space", async () => {
    const full: Files = {
      ...systemFiles,
      open: async (path, how, mode) => ({
        ...(await systemFiles.open(path, how, mode)),
        write: () => Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC" })),
      }),
    };
    await expect(vaultOn(full).add(pieces(), { signal }, inspect)).rejects.toMatchObject({ code: "no-space" });
    expect(incoming()).toEqual([]);
  });
});

test("nothing has its name before its bytes are on stable storage", async () => {
  const order: string[] = [];
  const files: Files = {
    ...systemFiles,
    open: async (path, how, mode) => {
      const file = await systemFiles.open(path, how, mode);
      return { ...file, sync: () => (order.push("sync"), file.sync()) };
    },
    rename: (from, to) => (order.push("rename"), systemFiles.rename(from, to)),
    syncDirectory: (path) => (order.push("sync directory"), systemFiles.syncDirectory(path)),
  };
  const vault = vaultOn(files);
  await vault.add(pieces(content.subarray(0, 10)), { signal }, inspect);
  order.length = 0;
  await vault.add(pieces(), { signal }, inspect);
  expect(order).toEqual(["sync", "rename", "sync directory"]);
});

test("what an earlier run left unfinished is removed, and images stay", async () => {
  const vault = vaultOn();
  await vault.collect();
  await vault.add(pieces(), { signal }, inspect);
  writeFileSync(join(directory, "images", "incoming", "half"), "x");
  await vaultOn().collect();
  expect(incoming()).toEqual([]);
  expect(await vault.find(digest)).toMatchObject({ format: "qcow2", bytes: content.length });
});

test("a removed image is gone, and removing it again is fine", async () => {
  const vault = vaultOn();
  await vault.add(pieces(), { signal }, inspect);
  await vault.remove(digest);
  await vault.remove(digest);
  expect(await vault.find(digest)).toBeUndefined();
});

describe("making an image", () => {
  const write = async (path: string) => writeFileSync(path, content, { mode: 0o400 });

  test("gives it the name of its content, readable for everyone, once it is whole", async () => {
    const made = await vaultOn().make(write, signal, inspect);
    const path = join(directory, "images", `${digest}.qcow2`);
    expect(made).toEqual({ sha256: digest, format: "qcow2", virtualSize: 2 ** 30, bytes: content.length, path });
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(incoming()).toEqual([]);
  });

  test("that fails, is no image, or is not wanted any more leaves nothing", async () => {
    const half = async (path: string) => {
      await write(path);
      throw new Error("half");
    };
    await expect(vaultOn().make(half, signal, inspect)).rejects.toThrow("half");
    const refuse: Inspect = () => Promise.reject(new UserError("image-invalid", "no image"));
    await expect(vaultOn().make(write, signal, refuse)).rejects.toMatchObject({ code: "image-invalid" });
    await expect(vaultOn().make(write, AbortSignal.abort(new Error("enough")), inspect)).rejects.toThrow("enough");
    expect(readdirSync(join(directory, "images"))).toEqual(["incoming"]);
    expect(incoming()).toEqual([]);
  });
});
