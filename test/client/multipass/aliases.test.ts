/** The file of aliases and the scripts that stand for them. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aliasBook } from "../../../src/client/multipass/aliases.ts";
import {
  preferring,
  withAlias,
  withoutAliases,
  withoutInstances,
} from "../../../src/commands/multipass/alias-rules.ts";
import type { Alias, Aliases } from "../../../src/commands/multipass/context.ts";
import { UserError } from "../../../src/errors.ts";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "strata-aliases-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const ls: Alias = { instance: "web", command: "ls", "working-directory": "map" };
const none: Aliases = { "active-context": "default", contexts: { default: {} } };
const file = () => join(directory, "config/multipass_aliases.json");
const scripts = () => (existsSync(join(directory, "bin")) ? readdirSync(join(directory, "bin")).toSorted() : []);

function book(program = "/usr/bin/multipass") {
  const places = { file: file(), directory: join(directory, "bin"), searchPath: "/usr/bin:/bin", program };
  return aliasBook(places);
}

/** A file as somebody left it. */
function found(text: string): ReturnType<typeof book> {
  book().write(none);
  writeFileSync(file(), text);
  return book();
}

test("what is written is read again, in the reference's form", () => {
  expect(book().read()).toEqual(none);
  const aliases = withAlias(withAlias(none, "ll", ls), "lsp", { ...ls, "working-directory": "default" });
  expect(book().write(aliases)).toEqual([]);
  expect(book().read()).toEqual(aliases);
  expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({
    "active-context": "default",
    contexts: {
      default: {
        ll: { instance: "web", command: "ls", "working-directory": "map" },
        lsp: { instance: "web", command: "ls", "working-directory": "default" },
      },
    },
  });
  expect(readdirSync(join(directory, "config"))).toEqual(["multipass_aliases.json"]);
});

test("an alias has a script by its name and one with its context; they go when the last of that name goes", () => {
  book().write(withAlias(none, "ll", ls));
  expect(scripts()).toEqual(["default.ll", "ll"]);
  const two = withAlias(preferring(book().read(), "work"), "ll", { ...ls, instance: "db" });
  book().write(two);
  expect(scripts()).toEqual(["default.ll", "ll", "work.ll"]);
  book().write(withoutAliases(two, [{ context: "default", name: "ll" }]));
  expect(scripts()).toEqual(["ll", "work.ll"]);
  book().write(withoutInstances(book().read(), ["db"]));
  expect(scripts()).toEqual([]);
  expect(book().read()).toEqual({ "active-context": "work", contexts: { work: {} } });
});

test("a script is executable, calls the program with its own name, and hands every word on", () => {
  const program = join(directory, "multi pass");
  writeFileSync(program, `#!/bin/sh\nprintf '<%s>' "$@"\n`, { mode: 0o755 });
  book(program).write(withAlias(none, "it's;", ls));
  const script = join(directory, "bin", "it's;");
  expect(statSync(script).mode & 0o777 & ~process.umask()).toBe(0o755 & ~process.umask());
  const ran = Bun.spawnSync([script, "a b", "-x", "$HOME"]);
  expect(ran.stdout.toString()).toBe("<it's;><--><a b><-x><$HOME>");
});

test("files in the folder that are not ours stay", () => {
  book().write(withAlias(none, "ll", ls));
  writeFileSync(join(directory, "bin/other"), "");
  book().write(none);
  expect(scripts()).toEqual(["other"]);
});

test("scripts that cannot be made leave everything as it was", () => {
  book().write(withAlias(none, "ll", ls));
  const before = readFileSync(file(), "utf8");
  const long = "x".repeat(250);
  // Its own name is short enough for a file; with the context in front it is not.
  expect(() => book().write(withAlias(book().read(), long, ls))).toThrow("ENAMETOOLONG");
  expect(readFileSync(file(), "utf8")).toBe(before);
  expect(scripts()).toEqual(["default.ll", "ll"]);
});

test("a file that cannot be written leaves no script", () => {
  writeFileSync(join(directory, "config"), "a file is in the way of the folder");
  expect(() => book().write(withAlias(none, "ll", ls))).toThrow("the settings file");
  expect(scripts()).toEqual([]);
});

test("a script that somebody removed is made again with the next change", () => {
  book().write(withAlias(none, "ll", ls));
  rmSync(join(directory, "bin/ll"));
  book().write(withAlias(book().read(), "lsp", ls));
  expect(scripts()).toEqual(["default.ll", "default.lsp", "ll", "lsp"]);
});

test.each([
  ["no JSON", "{"],
  ["a list", "[]"],
  ["nothing", ""],
  ["contexts that are no object", `{"active-context":"default","contexts":[]}`],
  ["a context that is no object", `{"active-context":"default","contexts":{"default":1}}`],
  ["an active context that is a path", `{"active-context":"../x","contexts":{}}`],
  ["a context that is a path", `{"active-context":"default","contexts":{"a/b":{}}}`],
  ["an alias that is a path", `{"contexts":{"default":{"../../bin/ls":{"instance":"a","command":"b"}}}}`],
  ["an alias without a command", `{"contexts":{"default":{"ls":{"instance":"a"}}}}`],
  ["another directory", `{"contexts":{"default":{"ls":{"instance":"a","command":"b","working-directory":"x"}}}}`],
])("%s is an error, never an empty book, and nothing is written over it", (_what, text) => {
  const damaged = found(text);
  expect(() => damaged.read()).toThrow(UserError);
  expect(() => damaged.write(none)).toThrow("cannot be used");
  expect(readFileSync(file(), "utf8")).toBe(text);
});

test("a file that may not be read is an error, too", () => {
  const closed = found("{}");
  chmodSync(file(), 0o000);
  // root reads it all the same
  if (process.getuid?.() !== 0) expect(() => closed.read()).toThrow("cannot be used");
  chmodSync(file(), 0o600);
});

test("older forms are read: without contexts, and without a directory", () => {
  expect(found(`{"ll":{"instance":"web","command":"ls"}}`).read()).toEqual({
    "active-context": "default",
    contexts: { default: { ll: { ...ls, "working-directory": "default" } } },
  });
  expect(found(`{"active-context":"gone","contexts":{"default":{}}}`).read()).toEqual({
    "active-context": "gone",
    contexts: { default: {}, gone: {} },
  });
});

test("names like those of objects are names", () => {
  const odd = withAlias(withAlias(none, "constructor", ls), "__proto__", ls);
  book().write(odd);
  expect(Object.keys(book().read().contexts["default"] ?? {})).toEqual(["__proto__", "constructor"]);
  expect(scripts()).toContain("__proto__");
});
