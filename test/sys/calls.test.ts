/** System calls by address: memory that stays in its place, and errors as negative numbers. */
import { ptr } from "bun:ffi";
import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allocate, createCalls, errors, openBits } from "../../src/sys/calls.ts";
import { isKind, statusFields, statusMemory } from "../../src/sys/status.ts";

const isLinux = process.platform === "linux";

test("memory stays where it is, however it is looked at", () => {
  const all = [1, 8, 24, 256, 4096].map(allocate);
  for (const { bytes, address } of all) {
    new DataView(bytes.buffer, bytes.byteOffset).setUint8(0, 7);
    bytes.subarray(0, 1).fill(9);
    Bun.gc(true);
    expect(Number(ptr(bytes))).toBe(address);
    expect(bytes[0]).toBe(9);
  }
});

test.skipIf(!isLinux)("a path is walked below its folder, through no link, and errors are told", () => {
  const directory = mkdtempSync(join(tmpdir(), "strata-calls-"));
  writeFileSync(join(directory, "file"), "content");
  symlinkSync(".", join(directory, "link"));
  const calls = createCalls();
  const root = openSync(directory, "r");
  const open = (path: string) => {
    const memory = allocate(Buffer.byteLength(path) + 1);
    memory.bytes.write(path);
    return calls.openBeneath(root, memory.address, openBits.O_RDONLY, 0);
  };
  try {
    const file = open("file");
    const status = statusMemory();
    expect(file).toBeGreaterThan(2);
    expect(calls.statusOf(file, status.address)).toBe(0);
    expect([isKind(status.bytes, "file"), statusFields.size(status.bytes), statusFields.links(status.bytes)]).toEqual([
      true,
      7,
      1,
    ]);
    expect(calls.close(file)).toBe(0);
    expect(calls.close(file)).toBe(-errors.EBADF);
    expect(["none", "link/file", "link", "../file", directory].map(open)).toEqual([
      -errors.ENOENT,
      -errors.ELOOP,
      -errors.ELOOP,
      -errors.EXDEV,
      -errors.EXDEV,
    ]);
  } finally {
    closeSync(root);
    rmSync(directory, { recursive: true });
  }
});
