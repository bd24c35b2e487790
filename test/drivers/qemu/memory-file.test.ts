/** What a memory file says of itself, and what is made of one that somebody damaged. */
import { expect, test } from "bun:test";
import { planLayout, readLayout, reversed } from "../../../src/drivers/qemu/memory-file.ts";
import type { OpenFile } from "../../../src/sys/files.ts";

const mebibyte = 2 ** 20;
const fileOf = (bytes: Uint8Array) =>
  ({ path: "/m.img", read: async (at: number, length: number) => bytes.subarray(at, at + length) }) as OpenFile;
const extents = [
  { offset: 0, length: 8192 },
  { offset: mebibyte, length: 4096 },
];

test("the parts follow the head, and QEMU's stream follows them", async () => {
  const { head, layout } = planLayout(2 * mebibyte, extents) ?? {};
  if (head === undefined || layout === undefined) throw new Error("no layout");
  expect(head.length % 4096).toBe(0);
  expect(layout).toEqual({
    bytes: 2 * mebibyte,
    parts: [
      { offset: 0, length: 8192, to: head.length },
      { offset: mebibyte, length: 4096, to: head.length + 8192 },
    ],
    stream: head.length + 8192 + 4096,
  });
  expect(await readLayout(fileOf(head))).toEqual(layout);
  expect(reversed(layout).map(({ to }) => to)).toEqual([0, mebibyte]);
});

test("a head of many parts is as long as it has to be", async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => ({ offset: index * mebibyte, length: 4096 }));
  const { head, layout } = planLayout(16_384 * mebibyte, many) ?? {};
  if (head === undefined) throw new Error("no layout");
  expect(await readLayout(fileOf(head))).toEqual(layout);
});

test("memory that is nearly all in use, or in too many parts, or of which nothing is known, is left to QEMU", () => {
  expect(planLayout(mebibyte, [{ offset: 0, length: mebibyte }])).toBeUndefined();
  expect(planLayout(mebibyte, [])).toBeUndefined();
  const many = Array.from({ length: 20_000 }, (_, index) => ({ offset: index * mebibyte, length: 4096 }));
  expect(planLayout(20_000 * mebibyte, many)).toBeUndefined();
});

test("a file that begins otherwise is QEMU's stream alone", async () => {
  expect(await readLayout(fileOf(Buffer.from("QEVM and all the rest of it, in QEMU's words")))).toBeUndefined();
  expect(await readLayout(fileOf(new Uint8Array()))).toBeUndefined();
});

test("a head that says what cannot be is refused, by name", async () => {
  const says = (head: unknown) => {
    const text = typeof head === "string" ? head : JSON.stringify(head);
    return Buffer.from(`strata memory 1 00004096\n${text.padEnd(4096 - 25)}`);
  };
  for (const bytes of [
    says("no JSON"),
    says({ bytes: 4096, parts: [[0, 8192]] }),
    says({ bytes: 4096, parts: [[-4096, 4096]] }),
    says({ bytes: 4096, parts: [[4096, 0]] }),
    Buffer.from("strata memory 1 99999999\n{}"),
    Buffer.from("strata memory 1 what?   \n{}"),
    Buffer.from("strata memory 1 00004096\n"),
  ])
    await expect(readLayout(fileOf(bytes))).rejects.toMatchObject({
      code: "memory-damaged",
      message: expect.stringContaining("/m.img"),
    });
});
