/** What the words of `transfer` mean together, and what is said to those that make no sense. */
import { expect, test } from "bun:test";
import { readTransfer } from "../../src/commands/transfer-words.ts";
import { UserError } from "../../src/errors.ts";

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
