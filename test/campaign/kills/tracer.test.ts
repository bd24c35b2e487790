/** The tracer meets every call of every thread, in one count; and cuts a write where it is told to. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Traced, TracedRun } from "./tracer.ts";
import { scratchFolder } from "./victim-build.ts";

const scratch = mkdtempSync(join(scratchFolder(), "strata-tracer-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const [directory, program] = [join(scratch, "data"), join(scratch, "program.js")];
const files = 4;
/** Opened, written, renamed: by whichever thread of the pool is free. */
const callsPerFile = 3;
writeFileSync(
  program,
  `const fs = require("node:fs");
  const make = async (name) => {
    const file = await fs.promises.open("${directory}/" + name, "w");
    await file.write(Buffer.from("0123456789abcdef"), 0, 16, 0);
    await file.close();
    await fs.promises.rename("${directory}/" + name, "${directory}/done-" + name);
  };
  fs.writeFileSync("${directory}/early", "");
  try { fs.rmdirSync("${scratch}/mark"); } catch {}
  Promise.all(Array.from({ length: ${files} }, (_, index) => make(String(index)))).then(() => process.exit(7));`,
);

/** In a process of its own, which is where the runtime's compiler leaves its headers. */
function traced(more: Partial<TracedRun>): Traced {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  const run: TracedRun = {
    argv: [process.execPath, program],
    env: { PATH: "" },
    directory,
    mark: join(scratch, "mark"),
    killAt: 0,
    sixteenths: 0,
    output: join(scratch, "output"),
    ...more,
  };
  const words = [process.execPath, join(import.meta.dir, "traced.ts"), JSON.stringify(run)];
  const done = Bun.spawnSync(words, { env: { ...process.env, BUN_TMPDIR: scratch } });
  return JSON.parse(done.stdout.toString()) as Traced;
}

test("calls count from the mark on, over all threads", () => {
  const { calls, end } = traced({});
  expect(end).toEqual({ kind: "exit", code: 7 });
  expect(calls).toHaveLength(files * callsPerFile);
  expect(traced({ mark: "" }).calls.length).toBeGreaterThan(files * callsPerFile);
});

test("the call that it is killed at is not carried out, those before it are", () => {
  for (const killAt of [1, 6, files * callsPerFile]) {
    const { calls, end } = traced({ killAt });
    expect(end).toEqual({ kind: "signal", signal: 9 });
    expect(calls).toHaveLength(killAt);
    const last = calls.at(-1);
    if (last?.name === "rename") expect(existsSync(last.path)).toBe(true);
    if (last?.name === "openat") expect(existsSync(last.path)).toBe(false);
  }
});

test("a write is cut where it is told", () => {
  const { calls } = traced({});
  const killAt = calls.findIndex(({ name }) => name === "pwrite64") + 1;
  for (let tries = 0; tries < 20; tries++) {
    const last = traced({ killAt, sixteenths: 5 }).calls.at(-1);
    if (last?.name !== "pwrite64") continue;
    expect(last.bytes).toBe(16);
    return expect(readFileSync(last.path, "utf8")).toBe("01234");
  }
  throw new Error("no run was killed at a write");
});
