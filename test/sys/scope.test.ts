/** Scopes: when there is one, and that a stand-in for systemd-run is tried before it is trusted. */
import { afterEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findScope, scopeWords } from "../../src/sys/scope.ts";

const works = { systemdRun: "/usr/bin/systemd-run", hasManager: true, isRoot: false };

test.each([
  ["a user's manager that runs", works, true],
  ["no systemd-run", { ...works, systemdRun: undefined }, false],
  ["no manager", { ...works, hasManager: false }, false],
  ["root", { ...works, isRoot: true }, false],
])("%s", (_what, facts, isOne) => {
  const words = isOne ? ["/usr/bin/systemd-run", "--user", "--scope", "--quiet", "--collect", "--"] : [];
  expect(scopeWords(facts)).toEqual(words);
});

let place = "";
afterEach(() => rmSync(place, { recursive: true, force: true }));

/** A host whose systemd-run notes its words, and then executes what follows `--`, or fails. */
function host(does: "execute" | "fail") {
  place = mkdtempSync(join(tmpdir(), "strata-scope-"));
  mkdirSync(join(place, "systemd/private"), { recursive: true });
  const script = `#!/bin/sh\necho "$@" >> ${place}/calls\n[ ${does} = fail ] && exit 1\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n`;
  writeFileSync(join(place, "systemd-run"), script);
  chmodSync(join(place, "systemd-run"), 0o755);
  return findScope({ XDG_RUNTIME_DIR: place }, `${place}:/usr/bin:/bin`, 1000);
}

test("one that works is used, with the pid of the command itself", () => {
  const { words, env } = host("execute");
  expect(readFileSync(join(place, "calls"), "utf8")).toBe("--user --scope --quiet --collect -- true\n");
  expect(env).toEqual({ XDG_RUNTIME_DIR: place });
  const child = Bun.spawnSync([...words, "sh", "-c", "echo $$"], { env: { ...env, PATH: "/usr/bin:/bin" } });
  expect(Number(child.stdout.toString())).toBe(child.pid);
});

test("one that does not work is none", () => {
  expect(host("fail")).toEqual({ words: [], env: {} });
});

test("a host without a user's manager is not tried", () => {
  expect(findScope({}, "/usr/bin", 1000).words).toEqual([]);
  expect(findScope({ XDG_RUNTIME_DIR: "/nonexistent" }, "/usr/bin", 1000).words).toEqual([]);
});
