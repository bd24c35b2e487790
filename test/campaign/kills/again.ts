/** Makes one point again: `bun test/campaign/kills/again.ts SCENARIO SEED CALL[.SIXTEENTHS] [CALL[.SIXTEENTHS] of the recovery]`. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildVictim, scratchFolder } from "./victim-build.ts";
import { type Kill, openSweep } from "./sweep.ts";

const [name = "", seed = "1", first = "1", second] = process.argv.slice(2);

function killOf(text: string): Kill {
  const [at, sixteenths] = text.split(".").map(Number);
  return { at: at ?? 1, sixteenths: sixteenths ?? 0 };
}

const scratch = mkdtempSync(join(scratchFolder(), "strata-kills-"));
try {
  const victim = await buildVictim(scratch);
  const sweep = await openSweep({ scratch: join(scratch, "0"), victim }, name, Number(seed));
  const calls = sweep.calls();
  for (const [index, { name: call, path }] of calls.entries())
    console.log(`${index + 1} ${call} ${path.replace(scratch, "")}`);
  const judged = await sweep.judge(killOf(first), second === undefined ? undefined : killOf(second));
  console.log(judged.call === undefined ? "not killed" : judged.call, judged.wrong ?? "holds");
  process.exitCode = judged.wrong === undefined ? 0 : 1;
} finally {
  if (process.env["STRATA_KILLS_KEPT"] === undefined) rmSync(scratch, { recursive: true, force: true });
  else console.log(scratch);
}
process.exit();
