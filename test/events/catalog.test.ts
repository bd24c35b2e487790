import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { knownVersions, StrataEvent, upcast } from "../../src/events/catalog.ts";
import { emptyWorld, evolveWorld, freezeWorld } from "../../src/events/world.ts";
import { UserError } from "../../src/errors.ts";
import { recordOf } from "../spec.ts";

/** Lines as released versions wrote them. They are never edited: what is new or changed gets lines in a file of its own. */
const folder = new URL("corpus/", import.meta.url).pathname;
const texts = [...new Bun.Glob("*.jsonl").scanSync(folder)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
const corpus = (await Promise.all(texts.map((name) => Bun.file(folder + name).text())))
  .flatMap((text) => text.trim().split("\n"))
  .map((line, index) => recordOf(JSON.parse(line), index + 1, JSON.parse(line)));

describe("the golden corpus", () => {
  test("holds every type in every version ever released", () => {
    const held = new Set(corpus.map((record) => `${record.type}@${record.version}`));
    const owed = [...knownVersions].flatMap(([type, newest]) =>
      Array.from({ length: newest }, (_, index) => `${type}@${index + 1}`),
    );
    expect(owed.filter((each) => !held.has(each))).toEqual([]);
  });
  test("parses in its newest version", () => {
    for (const record of corpus) expect(StrataEvent.safeParse(upcast(record)).error).toBeUndefined();
  });
  test("folds to the world it always folded to", () => {
    const world = emptyWorld();
    for (const record of corpus) evolveWorld(world, upcast(record));
    expect(freezeWorld(world)).toMatchSnapshot();
  });
});

describe("upcasting", () => {
  const record = recordOf({ type: "x.happened", version: 1, stream: "x/1", data: { a: 1 } }, 1);
  const known = new Map([["x.happened", 3]]);
  test("goes through each retired version in turn", () => {
    const steps = {
      "x.happened@1": (data: object) => ({ ...data, b: 2 }),
      "x.happened@2": (data: object) => ({ ...data, c: 3 }),
    };
    expect(upcast(record, known, steps)).toMatchObject({ version: 3, data: { a: 1, b: 2, c: 3 } });
  });
  test.each([
    ["an unknown type", new Map<string, number>()],
    ["a version newer than known", new Map([["x.happened", 0]])],
  ])("refuses %s", (_name, versions) => {
    expect(() => upcast(record, versions)).toThrow(UserError);
  });
});

test("no event has room for a secret", () => {
  const names = JSON.stringify(z.toJSONSchema(StrataEvent)).matchAll(/"([A-Za-z]+)":\{/g);
  const suspicious = [...names]
    .map(([, name]) => name ?? "")
    .filter((name) => /secret|password|passphrase|private|token|userData/i.test(name));
  expect(suspicious).toEqual([]);
});
