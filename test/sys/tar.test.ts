/** The archive that the build writes is the one that the daemon reads. */
import { expect, test } from "bun:test";
import { tar } from "../../build/tar.ts";
import { readTar } from "../../src/sys/tar.ts";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of readTar(pieces)) {
    const parts: Uint8Array[] = [];
    for await (const part of entry.content) parts.push(part);
    found.push(`${entry.path} ${entry.isExecutable} ${entry.bytes} ${Buffer.concat(parts).toString().length}`);
  }
  return found;
}

const archive = tar([
  { path: "bin/a", isExecutable: true, content: Buffer.from("x".repeat(1000)) },
  { path: "b", isExecutable: false, content: Buffer.alloc(0) },
  { path: "c/d/e", isExecutable: false, content: Buffer.from("y".repeat(512)) },
]);

test.each([1, 7, 511, 512, 513, 100_000])(
  "files come back however the stream is cut: pieces of %i bytes",
  async (size) => {
    expect(await readAll(cut(archive, size))).toEqual(["bin/a true 1000 1000", "b false 0 0", "c/d/e false 512 512"]);
  },
);

test("an archive that ends early is an error", async () => {
  await expect(readAll(cut(archive.subarray(0, 900), 100))).rejects.toThrow("ends early");
  await expect(readAll(cut(archive.subarray(0, 512 + 1024), 100))).rejects.toThrow("ends early");
});

test.each(["/etc/passwd", "../up", "a/../../up", "a//b"])("a path that leads out is refused: %s", async (path) => {
  await expect(readAll(cut(tar([{ path, isExecutable: false, content: Buffer.alloc(0) }]), 512))).rejects.toThrow(
    "leads out",
  );
});
