/**
 * How soon a guest that was started again has its mount, counted from the first answer of its SSH, and how soon an address is shown,
 * counted from the guest's DHCP: real guests, on the user-mode network. `bun test/bench/back.ts [IMAGE [STARTS]]`, as root or not; exit
 * code 1: a goal is not met.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createHome, type Home } from "../e2e/harness.ts";
import { inTime, median } from "./measure.ts";
import { atMost, tableOf } from "./row.ts";

const [image = "tiny", starts = "3"] = process.argv.slice(2);
const mountMsMax = 5_000;
const addressMsMax = 2_000;
const lookMs = 20;
const patienceMs = 600_000;

const home = createHome();
try {
  const rows = await measure(home);
  console.log(tableOf(rows));
  process.exitCode = rows.every(({ goal }) => goal.isMet) ? 0 : 1;
} finally {
  await home.close();
}

async function measure({ directory, run }: Home) {
  const ok = async (...words: string[]) => {
    const { code, stdout, stderr } = await run(words, { timeoutMs: patienceMs });
    if (code !== 0) throw new Error(`strata ${words.join(" ")}: exit code ${code}: ${stderr}`);
    return stdout;
  };
  const folder = join(directory, "shared");
  mkdirSync(folder);
  writeFileSync(join(folder, "here"), "");
  await ok("launch", image, "--name", "web", ...(image === "tiny" ? ["--memory", "256M"] : []));
  await ok("mount", folder, "web:/mnt/shared");
  const mounts: number[] = [];
  const addresses: number[] = [];
  for (let start = 0; start < Number(starts); start++) {
    await ok("stop", "--force", "web");
    const starting = ok("start", "web");
    const shown = until(async () => /"address": "10\.77\./.test(await ok("info", "web", "--json")));
    const answersMs = await untilGreeted(() => ok("explain", "web"));
    await starting;
    await until(async () => (await run(["exec", "web", "--", "test", "-e", "/mnt/shared/here"])).code === 0);
    mounts.push(performance.now() - answersMs);
    // The guest has its lease before its SSH answers; where the address is shown by then, nobody has waited.
    addresses.push(Math.max(0, (await shown) - answersMs));
  }
  const row = (what: string, times: readonly number[], max: number) => ({
    what: `${what}, ${times.length} starts, the slowest; the median ${inTime(median(times))}`,
    ours: inTime(Math.max(...times)),
    goal: atMost(Math.max(...times), max, " ms"),
  });
  return [
    row("classic mount back after the guest's SSH", mounts, mountMsMax),
    row("address shown after the guest's SSH", addresses, addressMsMax),
  ];
}

/** When the condition held first. */
async function until(holds: () => Promise<boolean>): Promise<number> {
  const lateMs = performance.now() + patienceMs;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > lateMs) throw new Error("it does not come");
    await Bun.sleep(lookMs);
  }
  return performance.now();
}

/** When the guest's SSH said who it is. */
function untilGreeted(explain: () => Promise<string>): Promise<number> {
  return until(async () => {
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(await explain()) ?? [];
    return port !== undefined && (await greeting(Number(port))).startsWith("SSH-");
  });
}

function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (text) => (resolve(String(text)), socket.destroy()));
    socket.on("error", reject).on("close", () => reject(new Error("it says nothing")));
  });
}
