/** What the words of `transfer` mean together, and what is said to those that make no sense. */
import { expect, test } from "bun:test";
import type { Context, Shape, Transferred } from "../../src/commands/context.ts";
import { readTransfer } from "../../src/commands/transfer-words.ts";
import { transfer } from "../../src/commands/transfer.ts";
import { UserError } from "../../src/errors.ts";
import type { View } from "../../src/render/view.ts";

const switches = { list: false, recursive: false, parents: false };

function meaningOf(line: string): string {
  const words = line.split(" ");
  const list = words.includes("--list");
  try {
    const meaning = readTransfer(
      words.filter((word) => word !== "--list"),
      { ...switches, list },
    );
    if (meaning.kind === "past") return `past ${meaning.source} > ${meaning.target}`;
    const said = [...meaning.sources, meaning.target].map((place) =>
      place.at === "stream" ? "-" : place.at === "here" ? place.path : `[${place.instance}]${place.path}`,
    );
    return `${said.slice(0, -1).join(" + ")} > ${said.at(-1)}`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.exit).toBe(1);
    const help = error.hints.find(([label]) => label === "did you mean" || label === "next")?.[1];
    return help === undefined ? error.code : `${error.code}: ${help}`;
  }
}

test.each([
  ["notes web:", "notes > [web]"],
  ["notes web:a/b", "notes > [web]a/b"],
  ["a b c web:/tmp", "a + b + c > [web]/tmp"],
  ["web:notes .", "[web]notes > ."],
  ["web:notes", "[web]notes > ."],
  ["web: .", "[web] > ."],
  ["web:a:b ./c:d", "[web]a:b > ./c:d"],
  ["./web:a web:", "./web:a > [web]"],
  ["/tmp/web:a web:", "/tmp/web:a > [web]"],
  ["web:a web:b out", "[web]a + [web]b > out"],
  ["web:a db:b", "[web]a > [db]b"],
  ["- web:a", "- > [web]a"],
  ["web:a -", "[web]a > -"],
  ["notes.txt web:", "notes.txt > [web]"],
  ["web@good:/etc/hosts .", "past web@good:/etc/hosts > ."],
  ["web@14:05:/etc", "past web@14:05:/etc > ."],
  ["web.good:/etc -", "past web.good:/etc > -"],
  ["web@good:/etc --list", "past web@good:/etc > ."],
  ["web@good .", "past web@good > ."],
])("%s: %s", (line, expected) => expect(meaningOf(line)).toBe(expected));

test.each([
  ["notes", "target-missing: strata list"],
  ["notes web", "instance-missing: strata transfer notes web:"],
  ["a b c", "instance-missing: strata transfer a b c:"],
  ["a ./b", "instance-missing"],
  ["- out", "instance-missing: strata transfer - out:"],
  ["web:a db:b .", "sources-mixed: strata transfer web:a ."],
  ["a web:b .", "sources-mixed: strata transfer a ."],
  ["a db:b web:", "sources-mixed: strata transfer a web:"],
  ["web:a web:b", "instance-same: strata exec web -- cp -a a b"],
  ["- -", "stream-not-alone"],
  ["- a web:b", "stream-not-alone"],
  ["web:a web:b -", "stream-not-alone"],
  ["web:/home --list", "point-missing: strata exec web -- ls -la /home"],
  ["a web@good:/b", "point-kept"],
  ["web@good:/a web@good:/b out", "sources-mixed"],
  ["web@good:/a db:", "point-to-guest: strata transfer web@good:/a ."],
])("%s is refused: %s", (line, expected) => expect(meaningOf(line)).toBe(expected));

const done = { files: 2, folders: 1, links: 0, bytes: 3, faults: 0, target: "web:/home/ubuntu/notes" };

/** What a line prints and says when the copying ends with `result`. */
async function run(words: readonly string[], shape: Partial<Shape>, result: Transferred = done) {
  const [shown, said]: [View[], string[]] = [[], []];
  const context = {
    transfers: { run: async () => result },
    progress: () => ({ add() {}, say() {}, close() {} }),
    onInterrupt: () => () => {},
    clock: { monotonicMs: () => 0 },
    say: (line: string) => void said.push(line),
    show: async (view: View) => void shown.push(view),
  } as unknown as Context;
  const options = { ...switches, json: false, quiet: false, ...shape };
  const ended = await transfer.run(context, { words, options }).catch((error: UserError) => error.code);
  return { ended, said, documents: shown.map(({ document }) => document) };
}

test("people read a line; a program gets one object, also of what is not whole", async () => {
  expect(await run(["notes", "web:"], {})).toEqual({
    ended: 0,
    said: ["Transferred: 2 files to web:/home/ubuntu/notes   3   0 ms"],
    documents: [],
  });
  const document = { schema: 1, ...done, durationMs: 0 };
  expect(await run(["notes", "web:"], { json: true })).toEqual({ ended: 0, said: [], documents: [document] });
  expect(await run(["notes", "web:"], { json: true }, { ...done, faults: 1 })).toMatchObject({
    ended: "transfer-incomplete",
    documents: [{ faults: 1 }],
  });
});

test("standard output holds the file or what is said of it, not both", async () => {
  expect(await run(["web:notes", "-"], {})).toEqual({ ended: 0, said: [], documents: [] });
  expect((await run(["web:notes", "-"], { json: true })).ended).toBe("output-taken");
});
