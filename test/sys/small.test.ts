/** Doors of a few lines: what stands at a path, times of a log, scripts, and a path by the name that was called. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderStatus } from "../../src/sys/folder-status.ts";
import { logTime } from "../../src/sys/local-time.ts";
import { listScripts, removeScript, writeScript } from "../../src/sys/scripts.ts";
import { calledAs } from "../../src/sys/self.ts";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "strata-small-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("a folder, also behind a link; a file; nothing; a link to nothing", () => {
  mkdirSync(join(directory, "folder"));
  writeFileSync(join(directory, "file"), "");
  symlinkSync("folder", join(directory, "link"));
  symlinkSync("nothing", join(directory, "loose"));
  const found = ["folder", "link", "file", "nothing", "loose", "file/below"].map((name) =>
    folderStatus(join(directory, name)),
  );
  expect(found).toEqual(["folder", "folder", "no-folder", "missing", "missing", "missing"]);
});

test.if(process.getuid?.() !== 0)("a folder that may not be listed", () => {
  mkdirSync(join(directory, "closed"), { mode: 0o100 });
  expect(folderStatus(join(directory, "closed"))).toBe("unreadable");
});

test("a log's time is local, to the millisecond, with no zone", () => {
  const at = new Date(2026, 10, 20, 14, 5, 9, 7);
  expect(logTime(at)).toBe("2026-11-20T14:05:09.007");
});

test("scripts are listed, replaced and removed; a folder that is not there has none", () => {
  const bin = join(directory, "deep/bin");
  expect(listScripts(bin)).toEqual([]);
  writeScript(bin, "a", "#!/bin/sh\nexit 3\n");
  writeScript(bin, "a", "#!/bin/sh\nexit 4\n");
  expect(listScripts(bin)).toEqual(["a"]);
  expect(Bun.spawnSync([join(bin, "a")]).exitCode).toBe(4);
  removeScript(bin, "a");
  removeScript(bin, "a");
  expect(listScripts(bin)).toEqual([]);
});

test("the name that was called is a path that can be called again", () => {
  expect(calledAs(process.env["PATH"] ?? "")).toStartWith("/");
});
