/** Numbers, strings and paths of the protocol, as bytes. */
import { describe, expect, test } from "bun:test";
import { createIds, unchanged } from "../../src/mounts/ids.ts";
import { parseOptions } from "../../src/mounts/options.ts";
import { openFlagsOf } from "../../src/mounts/file-requests.ts";
import { createPath, plainPath } from "../../src/mounts/path.ts";
import { codeOf, codes, pflags } from "../../src/mounts/protocol.ts";
import { createAnswers, createFields, Malformed } from "../../src/mounts/wire.ts";
import { allocate, errors, openBits } from "../../src/sys/calls.ts";

const fieldsOf = (...bytes: number[]) => {
  const memory = allocate(bytes.length + 8);
  memory.bytes.set(bytes);
  const fields = createFields(memory);
  fields.begin(0, bytes.length);
  return fields;
};

describe("fields of a packet", () => {
  test.each([
    ["a byte", [7], (of: ReturnType<typeof fieldsOf>) => of.byte(), 7],
    ["a number", [0xff, 0, 0, 1], (of: ReturnType<typeof fieldsOf>) => of.number(), 0xff000001],
    ["a large number", [0, 0, 0, 2, 0, 0, 0, 1], (of: ReturnType<typeof fieldsOf>) => of.large(), 2 ** 33 + 1],
    [
      "the largest one",
      [0, 0x1f, ...Array(6).fill(0xff)],
      (of: ReturnType<typeof fieldsOf>) => of.large(),
      2 ** 53 - 1,
    ],
    ["an empty string", [0, 0, 0, 0], (of: ReturnType<typeof fieldsOf>) => of.text(), ""],
    ["a string", [0, 0, 0, 2, 0x61, 0xff], (of: ReturnType<typeof fieldsOf>) => of.text(), "a\xff"],
  ])("%s is read", (_, bytes, read, value) => expect(read(fieldsOf(...(bytes as number[])))).toBe(value));

  test.each([
    ["no byte", [], (of: ReturnType<typeof fieldsOf>) => of.byte()],
    ["a number that is cut", [0, 0, 0], (of: ReturnType<typeof fieldsOf>) => of.number()],
    ["a number that is too large", [0, 0x20, 0, 0, 0, 0, 0, 0], (of: ReturnType<typeof fieldsOf>) => of.large()],
    ["a string that is cut", [0, 0, 0, 3, 1, 2], (of: ReturnType<typeof fieldsOf>) => of.string()],
    ["a string as long as can be said", [0xff, 0xff, 0xff, 0xff, 1], (of: ReturnType<typeof fieldsOf>) => of.string()],
    ["data that is cut", [0, 0, 0, 9, 1], (of: ReturnType<typeof fieldsOf>) => of.data()],
  ])("%s is malformed", (_, bytes, read) => expect(() => read(fieldsOf(...bytes))).toThrow(Malformed));
});

test("answers are collected one behind the other, and one that is dropped leaves nothing", () => {
  const answers = createAnswers();
  answers.begin(101, 7);
  answers.large(2 ** 33 + 1);
  answers.finish();
  const length = answers.length();
  answers.begin(103, 8);
  expect(answers.filled(() => -5)).toBe(-5);
  answers.drop();
  expect(answers.length()).toBe(length);
  expect(length).toBe(4 + 1 + 4 + 8);
});

describe("paths", () => {
  const walk = (path: string) => {
    const place = createPath();
    return place.set(Buffer.from(path, "latin1"));
  };

  test.each(["", "/", ".", "a", "/a//b/./c/", "a/..b", "...", "a/\xff\xfe", "a".repeat(4095)])("%p is one", (path) =>
    expect(walk(path)).toBe(0),
  );

  test.each([
    ["..", errors.EACCES],
    ["a/../b", errors.EACCES],
    ["/../etc", errors.EACCES],
    ["a/..", errors.EACCES],
    ["a\0b", errors.EINVAL],
    ["\0", errors.EINVAL],
    ["a".repeat(4096), errors.ENAMETOOLONG],
  ])("%p is none", (path, error) => expect(walk(path)).toBe(-error));

  test.each([
    ["", "/"],
    ["/", "/"],
    [".", "/"],
    ["a/./b//c/", "/a/b/c"],
    ["a/../../b", "/b"],
    ["../..", "/"],
  ])("%p is called %p", (path, name) => expect(Buffer.from(plainPath(Buffer.from(path))).toString()).toBe(name));
});

test("an id is shown by its pair or as it is, and taken by its pair only", () => {
  const ids = createIds([
    [1000, 1001],
    [1000, 5],
    [0, 0],
  ]);
  expect([ids.shown(1000), ids.shown(0), ids.shown(33)]).toEqual([1001, 0, 33]);
  expect(ids.meant(1001, 0)).toBe(1000);
  expect(ids.meant(33, 0)).toBeUndefined();
  expect(ids.meant(33, 33)).toBe(33);
  expect(ids.meant(unchanged, 33)).toBe(33);
});

test.each([
  [pflags.read, openBits.O_RDONLY],
  [pflags.write, openBits.O_WRONLY],
  [pflags.read | pflags.write, openBits.O_RDWR],
  [pflags.write | pflags.append, openBits.O_WRONLY | openBits.O_APPEND],
  [pflags.write | pflags.create | pflags.exclusive, openBits.O_WRONLY | openBits.O_CREAT | openBits.O_EXCL],
  [pflags.write | pflags.create | pflags.truncate, openBits.O_WRONLY | openBits.O_CREAT | openBits.O_TRUNC],
])("the flags %d open as %d", (flags, bits) => expect(openFlagsOf(flags)).toBe(bits));

test.each([
  [0, codes.ok],
  [5, codes.ok],
  [-errors.ENOENT, codes.notFound],
  [-errors.EACCES, codes.refused],
  [-errors.EROFS, codes.refused],
  [-errors.EEXIST, codes.failure],
  [-errors.ENOSPC, codes.noSpace],
])("a call's %d is the code %d", (result, code) => expect(codeOf(result)).toBe(code));

describe("what the helper is told", () => {
  const right = { source: "/srv", readOnly: false, uids: [[1000, 1001]], gids: [] };

  test("is taken as it is", () => {
    const whole = { ...right, as: { uid: 1000, gid: 1000, groups: [4, 24] } };
    expect(parseOptions(JSON.stringify(whole))).toEqual(whole as unknown as ReturnType<typeof parseOptions>);
  });

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["no source", JSON.stringify({ ...right, source: undefined })],
    ["a relative source", JSON.stringify({ ...right, source: "srv" })],
    ["a source with a zero", JSON.stringify({ ...right, source: "/srv\0" })],
    ["no word on writing", JSON.stringify({ ...right, readOnly: "no" })],
    ["half a pair", JSON.stringify({ ...right, uids: [[1]] })],
    ["three of a pair", JSON.stringify({ ...right, uids: [[1, 2, 3]] })],
    ["a negative id", JSON.stringify({ ...right, gids: [[1, -1]] })],
    ["a user without groups", JSON.stringify({ ...right, as: { uid: 1, gid: 1 } })],
  ])("is refused with %s", (_, text) => expect(() => parseOptions(text)).toThrow());
});
