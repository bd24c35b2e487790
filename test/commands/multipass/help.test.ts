/** Pages of help: every verb's, exactly; what a page may not be; and which lines ask for them, with no daemon near. */
import { expect, test } from "bun:test";
import { overviewPage, verbPage } from "../../../src/commands/multipass/help.ts";
import { globalOptions } from "../../../src/commands/multipass/verb.ts";
import { verbs } from "../../../src/commands/multipass/verbs.ts";
import { expectGolden } from "../../golden.ts";
import { runLine, table } from "./harness.ts";

const launch = verbs.find(({ name }) => name === "launch");

test("the pages", () => {
  expectGolden("multipass/overview.txt", overviewPage(verbs));
  for (const verb of verbs) expectGolden(`multipass/${verb.name}.txt`, verbPage(verb));
});

test("no line is wider than the reference's, none ends in a space", () => {
  const lines = [overviewPage(verbs), ...verbs.map(verbPage)].flatMap((page) => page.split("\n"));
  expect(lines.filter((line) => line.length > 79 && !line.startsWith("Usage: "))).toEqual([]);
  expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
});

test("names of verbs and letters of options are unique", () => {
  const names = verbs.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(names).toEqual([...new Set(names)]);
  for (const { name, options } of verbs) {
    const letters = Object.values({ ...globalOptions, ...options }).flatMap(({ short }) => short ?? []);
    expect([name, ...letters]).toEqual([name, ...new Set(letters)]);
  }
});

test("long names are cut, and what they mean goes on beside them", () => {
  const page = verbPage({
    name: "x",
    aliases: [],
    summary: "",
    about: "One.\nTwo.",
    syntax: "<a>",
    arguments: [{ name: "a", about: "An argument" }],
    options: {
      ["n".repeat(60)]: { kind: "flag", about: "long" },
      hidden: { kind: "flag", about: "not shown" },
    },
    hidden: ["hidden"],
  });
  expect(page).toStartWith("Usage: multipass x [options] <a>\nOne.\nTwo.\n\nOptions:\n");
  expect(page).toContain(`  --${"n".repeat(48)} long\n  ${"n".repeat(12)}\n`);
  expect(page).toEndWith(`\n\nArguments:\n  ${"a".padEnd(50)} An argument\n`);
  expect(page).not.toContain("hidden");
});

const overview = overviewPage(verbs);
const page = launch ? verbPage(launch) : "";
table([
  { line: "", situation: "no word", code: 2, stdout: overview },
  { line: "--help", situation: "asked for", code: 0, stdout: overview },
  { line: "-h", situation: "asked for", code: 0, stdout: overview },
  { line: "help", situation: "asked for", code: 0, stdout: overview },
  { line: "nix --help", situation: "of an unknown command", code: 0, stdout: overview },
  {
    line: "--nix",
    situation: "an unknown option alone",
    code: 2,
    stdout: overview,
    stderr: "Unknown option 'nix'.\n\n",
  },
  { line: "help launch", situation: "of a command", code: 0, stdout: page },
  { line: "launch -h", situation: "behind it", code: 0, stdout: page },
  { line: "--help launch x y z", situation: "before it, with words that would be refused", code: 0, stdout: page },
  { line: "help nix", situation: "of none", code: 1, stdout: "Error: Unknown Command: 'nix'\n" },
  { line: "help launch start", situation: "of two", code: 1, stderr: "Too many arguments given\n" },
]);

test("help and version need no daemon", async () => {
  const help = await runLine(["help", "exec"], { isAlone: true });
  expect([help.code, help.calls]).toEqual([0, []]);
  for (const line of [["version"], ["--version"], ["-V"]])
    expect(await runLine(line, { isAlone: true })).toMatchObject({ code: 0, stdout: "multipass   0.1.0\n", calls: [] });
});
