/** Made-up names: valid, plain, and made of the chance that is handed in alone. */
import { expect, test } from "bun:test";
import { inventName } from "../../src/daemon/made-up-name.ts";
import { parseName } from "../../src/model/name.ts";

const names = Array.from({ length: 20_000 }, (_, index) => {
  const chance = new Uint8Array(4);
  new DataView(chance.buffer).setUint32(0, index * 214_748);
  return inventName(chance);
});

test("every name is a host name of two plain words", () => {
  for (const name of names) {
    expect(parseName(name)).toBe(name);
    expect(name).toMatch(/^[a-z]+-[a-z]+$/);
  }
});

test("the same chance makes the same name, another one rarely", () => {
  expect(inventName(new Uint8Array(4))).toBe(inventName(new Uint8Array(4)));
  expect(new Set(names).size).toBeGreaterThan(9_000);
});

test("nobody has to work in a cockroach", () => {
  expect(names.filter((name) => /-(cockroach|louse|tick|booby)$/.test(name))).toEqual([]);
});
