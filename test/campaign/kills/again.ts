/** Makes one point again: `bun test/campaign/kills/again.ts SCENARIO SEED CALL[.SIXTEENTHS] [CALL[.SIXTEENTHS] of the recovery]`. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildVictim, scratchFolder } from "./victim-build.ts";
import { compiledName, judgeCompiled } from "./compiled.ts";
import { type Judged, type Kill, openSweep } from "./sweep.ts";

const [name = "", seed = "1", first = "1", second] = process.argv.slice(2);

function killOf(text: string): Kill {
  const [at, sixteenths] = text.split(".").map(Number);
  return { at: at ?? 1, sixteenths: sixteenths ?? 0 };
}

function tell({ call, wrong }: Judged): void {
  console.log(call === undefined ? "not killed" : `killed at ${call.name} of ${call.path}`);
  console.log(wrong ?? "holds");
  process.exitCode = wrong === undefined ? 0 : 1;
}

async function sweepOne(scratch: string): Promise<void> {
  const victim = await buildVictim(scratch);
  const sweep = await openSweep({ scratch: join(scratch, "0"), victim }, name, Number(seed));
  for (const [index, call] of sweep.calls().entries())
    console.log(`${index + 1} ${call.name} ${call.path.replace(scratch, "")}`);
  tell(await sweep.judge(killOf(first), second === undefined ? undefined : killOf(second)));
}

const scratch = mkdtempSync(join(scratchFolder(), "strata-kills-"));
try {
  if (name === compiledName) tell(await judgeCompiled(Number(seed), killOf(first)));
  else await sweepOne(scratch);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exit();
