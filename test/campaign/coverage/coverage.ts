/** The part `coverage`: what keeps acknowledged events has no line that no test enters. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesUnder, repository } from "../../../build/tools.ts";
import type { Failure, Findings, Order, Part } from "../part.ts";
import { coverageOf } from "./lcov.ts";

const folders = ["test/events", "test/simulation", "test/daemon"];
const again = "bun test/campaign/run.ts coverage";
const runMsMax = 15 * 60_000;

/** The store with its repair and seals, and the one serial decision. */
const isWanted = (path: string): boolean =>
  /^src\/events\/store\/.*\.ts$/.test(path) || path === "src/daemon/dispatch.ts" || path === "src/daemon/deadlines.ts";

export const coverage: Part = {
  name: "coverage",
  what: `Every line of the event store and of the dispatcher is entered by the tests of ${folders.join(", ")}.`,
  async run({ tell }: Order): Promise<Findings> {
    const scratch = mkdtempSync(join(tmpdir(), "strata-coverage-"));
    try {
      tell("the tests run");
      const { exitCode, said } = await runTests(scratch);
      const { lines, files, uncovered } = coverageOf(readFileSync(join(scratch, "lcov.info"), "utf8"), isWanted);
      const failures: Failure[] = uncovered.map((each) => ({
        what: `${each.path}: no test enters line ${each.lines.join(", ")}`,
        again,
      }));
      if (exitCode !== 0) failures.push({ what: `the tests fail: ${said.slice(-500)}`, again });
      for (const path of unloaded(files)) failures.push({ what: `${path}: no test loads it`, again });
      return { points: lines, failures, figures: { files: files.size } };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
};

async function runTests(scratch: string): Promise<{ exitCode: number; said: string }> {
  const options = ["--coverage", "--coverage-reporter=lcov", `--coverage-dir=${scratch}`];
  const run = Bun.spawn([process.execPath, "test", ...options, ...folders], {
    cwd: repository,
    stdout: "ignore",
    stderr: "pipe",
    timeout: runMsMax,
  });
  const said = await new Response(run.stderr).text();
  return { exitCode: await run.exited, said };
}

/** Files with code that no test has loaded: lcov does not name them. */
function unloaded(files: ReadonlySet<string>): string[] {
  const all = filesUnder(join(repository, "src")).map((path) => path.slice(repository.length + 1));
  return all.filter((path) => isWanted(path) && !files.has(path));
}
