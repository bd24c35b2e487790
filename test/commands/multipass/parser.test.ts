/** Qt's option rules. */
import { expect, test } from "bun:test";
import { flag, list, text } from "../../../src/commands/command.ts";
import { readLine } from "../../../src/commands/multipass/parser.ts";

const options = {
  recursive: flag("", "r"),
  parents: flag("", "p"),
  name: text("NAME", "", "n"),
  network: list("SPEC", "", (each) => each),
};

const rows: readonly [line: string, words: string[], values: Record<string, string[]>, error?: string][] = [
  ["a -r b", ["a", "b"], { recursive: [""] }],
  ["-rp a", ["a"], { recursive: [""], parents: [""] }],
  ["-nweb a", ["a"], { name: ["web"] }],
  ["-n=web a", ["a"], { name: ["web"] }],
  ["-n web a", ["a"], { name: ["web"] }],
  ["-rnweb", [], { recursive: [""], name: ["web"] }],
  ["-rn web", [], { recursive: [""], name: ["web"] }],
  ["--name web --name=db", [], { name: ["web", "db"] }],
  ["--name= a", ["a"], { name: [""] }],
  ["--name -r", [], { name: ["-r"] }],
  ["--network a --network b", [], { network: ["a", "b"] }],
  ["a -- -r --name", ["a", "-r", "--name"], {}],
  ["a - b", ["a", "-", "b"], {}],
  ["--foo", [], {}, "Unknown option 'foo'."],
  ["--foo=1", [], {}, "Unknown option 'foo'."],
  ["-x -y", [], {}, "Unknown options: x, y."],
  ["-rx", [], { recursive: [""] }, "Unknown option 'x'."],
  ["--name", [], {}, "Missing value after '--name'."],
  ["-n", [], {}, "Missing value after '-n'."],
  ["-rn", [], { recursive: [""] }, "Missing value after '-rn'."],
  ["--recursive=yes", [], { recursive: [""] }, "Unexpected value after '--recursive'."],
  ["--constructor", [], {}, "Unknown option 'constructor'."],
];

for (const [line, words, values, error] of rows) {
  test(line, () => {
    const read = readLine(line.split(" "), options);
    expect(read.words).toEqual(words);
    expect(Object.fromEntries(read.values)).toEqual(values);
    expect(read.error).toBe(error);
  });
}
