/** How an executable is given an entry of its own, with loader and C library behind it. */
import { expect, test } from "bun:test";
import { entryAddress, standalone } from "../../build/standalone/elf.ts";

const header = (type: number, address = 0): Buffer => {
  const bytes = Buffer.alloc(56);
  bytes.writeUInt32LE(type, 0);
  bytes.writeBigUInt64LE(BigInt(address), 16);
  return bytes;
};

/** An executable with three program headers (headers, interpreter, load), entered at 0x1234. */
function executable(headers = [header(6, 0x200040), header(3), header(1)]): Buffer {
  const start = Buffer.alloc(64);
  start.write("\x7fELF", 0, "latin1");
  start.writeBigUInt64LE(0x1234n, 24);
  start.writeBigUInt64LE(64n, 32);
  start.writeUInt16LE(headers.length, 56);
  return Buffer.concat([start, ...headers, Buffer.from("program")]);
}

const entryCode = Buffer.concat([Buffer.from("CODEstrata entry 1.0"), Buffer.alloc(10 * 8 + 4 * 56)]);
const libraries = ["libc.so.6", "b", "c", "d"].map((name) => ({ name, content: Buffer.from(`${name} content`) }));
const made = () => standalone(executable(), entryCode, Buffer.from("LOADER"), libraries);

test("the kernel finds our code where it found the interpreter's name", () => {
  const result = made();
  const load = result.subarray(64 + 56, 64 + 112);
  expect([load.readUInt32LE(0), load.readUInt32LE(4)]).toEqual([1, 5]);
  expect(Number(load.readBigUInt64LE(16))).toBe(entryAddress);
  expect(Number(result.readBigUInt64LE(24))).toBe(entryAddress);
  const offset = Number(load.readBigUInt64LE(8));
  expect(offset % 4096).toBe(0);
  expect(result.toString("latin1", offset, offset + 4)).toBe("CODE");
});

test("the table leads back to the program, and to loader and libraries", () => {
  const result = made();
  const mark = result.indexOf("strata entry 1.0") + 16;
  const word = (index: number) => Number(result.readBigUInt64LE(mark + index * 8));
  expect(word(0)).toBe(0x1234);
  expect(result.toString("latin1", word(1), word(1) + 6)).toBe("LOADER");
  for (const [index, { content }] of libraries.entries()) {
    const at = word(2 + index * 2);
    expect(at % 4096).toBe(0);
    expect(result.subarray(at, at + word(3 + index * 2)).equals(content)).toBe(true);
  }
});

test("the loader is shown the program headers as they were, the first knowing where it lies", () => {
  const result = made();
  const table = result.indexOf("strata entry 1.0") + 16 + 10 * 8;
  const codeAt = result.indexOf("CODE");
  expect(result.readUInt32LE(table + 56)).toBe(3);
  expect(Number(result.readBigUInt64LE(table + 16))).toBe(entryAddress + table - codeAt);
});

test("what this cannot be done to is refused", () => {
  expect(() => standalone(executable([header(6), header(1)]), entryCode, Buffer.alloc(1), libraries)).toThrow(
    "names no dynamic loader",
  );
  expect(() => standalone(executable(), entryCode, Buffer.alloc(1), libraries.slice(1))).toThrow("expects libc.so.6");
  expect(() => standalone(Buffer.alloc(100), entryCode, Buffer.alloc(1), libraries)).toThrow("no 64-bit ELF");
});
