/** Aliases that come along with instances: only those, once, and never in the place of another one. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeAliases } from "../../../src/client/import/aliases.ts";
import { aliasBook } from "../../../src/client/multipass/aliases.ts";
import { withAlias } from "../../../src/commands/multipass/alias-rules.ts";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "strata-aliases-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const places = () => ({
  aliasFile: join(directory, "config/multipass_aliases.json"),
  aliasDirectory: join(directory, "bin"),
  searchPath: "/usr/bin",
});
const book = () => {
  const { aliasFile: file, aliasDirectory, searchPath } = places();
  return aliasBook({ file, directory: aliasDirectory, searchPath, program: "multipass" });
};
const alias = (instance: string, command: string) => ({ instance, command, "working-directory": "map" }) as const;
const found = {
  "active-context": "work",
  contexts: { work: { ll: alias("web", "ls"), db: alias("db", "psql") }, default: { top: alias("web", "top") } },
};
const scripts = () => (existsSync(join(directory, "bin")) ? readdirSync(join(directory, "bin")).toSorted() : []);

test("those of the instances come, with their contexts, their scripts and the context that was preferred", () => {
  expect(takeAliases(places(), found, ["web"])).toEqual({ added: ["ll", "top"], kept: [] });
  expect(book().read()).toEqual({
    "active-context": "work",
    contexts: { default: { top: alias("web", "top") }, work: { ll: alias("web", "ls") } },
  });
  expect(scripts()).toEqual(["default.top", "ll", "top", "work.ll"]);
  expect(readFileSync(join(directory, "bin/ll"), "utf8")).toContain("exec 'multipass' 'll' -- ");
});

test("a second time nothing changes, and nothing is said", () => {
  takeAliases(places(), found, ["web"]);
  expect(takeAliases(places(), found, ["web"])).toEqual({ added: [], kept: [] });
});

test("what this user has stays, and is named; so does the preferred context", () => {
  book().write(withAlias({ "active-context": "work", contexts: {} }, "ll", alias("own", "less")));
  expect(takeAliases(places(), { ...found, "active-context": "default" }, ["web"])).toEqual({
    added: ["top"],
    kept: ["ll"],
  });
  expect(book().read()["active-context"]).toBe("work");
  expect(book().read().contexts["work"]).toEqual({ ll: alias("own", "less") });
});

test("none that is meant writes nothing", () => {
  expect(takeAliases(places(), found, ["other"])).toEqual({ added: [], kept: [] });
  expect(existsSync(join(directory, "config"))).toBe(false);
});
