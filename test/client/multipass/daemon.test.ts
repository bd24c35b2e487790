/** The name multipassd: what is asked on its line is answered without a daemon; what is unknown starts none. */
import { expect, test } from "bun:test";
import { join } from "node:path";

const main = join(import.meta.dir, "../../../src/main.ts");

async function multipassd(...words: string[]) {
  const child = Bun.spawn([process.execPath, main, ...words], {
    argv0: "/usr/bin/multipassd",
    env: {
      PATH: process.env["PATH"],
      HOME: "/nonexistent",
      STRATA_HOME: "/proc/strata",
      BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
    },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

test.each([
  [["--help"], 0, /^Usage: multipassd \[options\]\n/, ""],
  [["-v"], 0, /^multipassd \d+\.\d+\.\d+\n$/, ""],
  [["--foo"], 1, /^$/, "Unknown option 'foo'.\n"],
  [["run"], 1, /^$/, "Unexpected argument 'run'.\n"],
  [["--logger"], 1, /^$/, "Missing value after '--logger'.\n"],
] as const)("multipassd %p", async (words, code, stdout, stderr) => {
  const ran = await multipassd(...words);
  expect(ran).toMatchObject({ code, stderr });
  expect(ran.stdout).toMatch(stdout);
});

test("what a service file of the reference says is taken: the daemon is what fails here, where it has no place", async () => {
  const ran = await multipassd("--logger=stderr", "--verbosity", "debug");
  expect(ran.code).not.toBe(1);
  expect(ran.stderr).not.toContain("Unknown option");
});
