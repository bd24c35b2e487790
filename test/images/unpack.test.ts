/** Compressed images: told by their content, unpacked within bounds, and nothing left of those that are broken. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import { opened } from "../../src/images/unpack.ts";
import { createVault, type Inspect } from "../../src/images/vault.ts";
import { type Files, systemFiles } from "../../src/sys/files.ts";
import { sha256Hex } from "../../src/sys/hash.ts";
import { systemIds as ids } from "../../src/sys/ids.ts";
import { xz } from "./xz.ts";

const content = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * index) >> 7);
const packed = xz(content);
const signal = new AbortController().signal;
const mebibyte = 2 ** 20;

async function* inPieces(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size?: number, until: AbortSignal = signal): Promise<Uint8Array> {
  const got: Uint8Array[] = [];
  for await (const piece of (await opened(inPieces(bytes, size), until)).pieces) got.push(piece);
  return Buffer.concat(got);
}

const together = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts);
const damagedAt = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

describe("what is in a file", () => {
  const empty = new Uint8Array();
  test.each<[string, Uint8Array, Uint8Array]>([
    ["is what was compressed with xz", packed, content],
    ["is the same of several blocks", xz(content, "--block-size=100KiB"), content],
    [
      "is all of several streams, with zeros between and after them",
      together(packed, new Uint8Array(8), packed, new Uint8Array(4)),
      together(content, content),
    ],
    ["is what was compressed with gzip", Bun.gzipSync(content), content],
    ["is itself when it is not compressed", content, content],
    ["is nothing when there is nothing", empty, empty],
    ["is itself when it is shorter than what tells", content.subarray(0, 3), content.subarray(0, 3)],
  ])("%s", async (_, bytes, inside) => {
    expect(Buffer.compare(await read(bytes), inside)).toBe(0);
  });

  test("does not depend on how it comes", async () => {
    expect(Buffer.compare(await read(packed, 7), content)).toBe(0);
  });

  test.each<[string, string, Uint8Array]>([
    ["a bit of it is another", "image-damaged", damagedAt(packed, packed.length >> 1)],
    ["its checksum is another", "image-damaged", damagedAt(packed, packed.length - 40)],
    ["it is cut in the middle", "image-damaged", packed.subarray(0, packed.length >> 1)],
    ["its last byte is missing", "image-damaged", packed.subarray(0, -1)],
    ["something else follows", "image-damaged", together(packed, content)],
    ["its gzip is cut", "image-damaged", Bun.gzipSync(content).subarray(0, -9)],
    ["it needs a decoder that is not here", "image-packing-unknown", xz(content, "--x86", "--lzma2")],
    ["it needs more memory than is given", "image-packing-unknown", xz(content, "--lzma2=preset=0,dict=65MiB")],
  ])("is not given when %s: %s", async (_, code, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code });
    // The next one is not kept from its turn.
    expect((await read(packed)).length).toBe(content.length);
  });

  test("waits for its turn, or until the user gives up", async () => {
    const first = (await opened(inPieces(packed), signal)).pieces[Symbol.asyncIterator]();
    await first.next();
    const user = new AbortController();
    const [left, next] = [read(packed, undefined, user.signal), read(packed)];
    user.abort(new UserError("cancelled", "by the user"));
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    await first.return?.();
    expect((await next).length).toBe(content.length);
  });
});

describe("in the vault", () => {
  let directory = "";
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "strata-unpack-"))));
  afterEach(() => rmSync(directory, { recursive: true }));
  const inspect: Inspect = async () => ({ format: "qcow2", virtualSize: 2 ** 30 });
  const names = () => readdirSync(join(directory, "images"), { recursive: true });
  const add = (bytes: Uint8Array, files: Files = systemFiles, expectedBytes = bytes.length) =>
    createVault({ directory: join(directory, "images"), files, ids }).add(
      inPieces(bytes),
      { signal, expectedBytes },
      inspect,
    );

  test("is the image under its own digest, with that of the file that came", async () => {
    const stored = await add(packed);
    expect(stored).toMatchObject({
      sha256: sha256Hex(content),
      packedSha256: sha256Hex(packed),
      bytes: content.length,
    });
    expect(Buffer.compare(readFileSync(stored.path), content)).toBe(0);
  });

  test.each<[string, string, () => Promise<unknown>]>([
    ["of a broken one", "image-damaged", () => add(packed.subarray(0, -40))],
    ["of one that is not all", "image-size-mismatch", () => add(packed, systemFiles, packed.length + 1)],
    ["of one that is longer than announced", "image-size-mismatch", () => add(packed, systemFiles, packed.length - 1)],
  ])("is nothing %s: %s", async (_, code, adding) => {
    await expect(adding()).rejects.toMatchObject({ code });
    expect(names()).toEqual(["incoming"]);
  });

  test("is nothing of a bomb: it stops when it has taken the space that is not to be kept free", async () => {
    const bomb = xz(new Uint8Array(100 * mebibyte), "-0");
    expect(bomb.length).toBeLessThan(mebibyte);
    let written = 0;
    const small: Files = {
      ...systemFiles,
      space: async () => ({ freeBytes: 260 * mebibyte - written, totalBytes: 2 ** 30 }),
      open: async (path, how, mode) => {
        const file = await systemFiles.open(path, how, mode);
        return { ...file, write: async (bytes, at) => (await file.write(bytes, at), void (written += bytes.length)) };
      },
    };
    await expect(add(bomb, small)).rejects.toMatchObject({ code: "no-space" });
    // 4 MiB were there for it; the space is looked at each 64 MiB.
    expect(written).toBeLessThan(66 * mebibyte);
    expect(names()).toEqual(["incoming"]);
  });
});
