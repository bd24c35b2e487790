/** The real file system and a real process: killed with -9 again and again, every acknowledged record is still there. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { openLog } from "../../../src/events/store/log.ts";
import { systemClock } from "../../../src/sys/clock.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { systemIds } from "../../../src/sys/ids.ts";
import { seededRandom } from "../../simulation/random.ts";
import { commandsIn } from "./bed.ts";

const kills = 12;
const source = join(import.meta.dir, "../../../src");
const directory = mkdtempSync(join(tmpdir(), "strata-kill-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const options = { directory, files: systemFiles, clock: systemClock, ids: systemIds, segmentBytes: 30_000 };

/** Appends without end from four sides and prints each command once it is durable. */
const script = (life: number) => `
  const { openLog } = await import("${source}/events/store/log.ts");
  const { systemFiles: files } = await import("${source}/sys/files.ts");
  const { systemClock: clock } = await import("${source}/sys/clock.ts");
  const { systemIds: ids } = await import("${source}/sys/ids.ts");
  const { log } = await openLog({ directory: "${directory}", files, clock, ids, segmentBytes: ${options.segmentBytes} });
  const by = { kind: "user", id: "unix:1000", name: "ann", role: "admin", via: "unix" };
  const side = async (name) => {
    for (let count = 0; ; count++) {
      const command = "${life}-" + name + "-" + count;
      const events = [1, 2].map((part) => ({ type: "a.b", version: 1, stream: "a/" + name, data: { part, text: "x".repeat(200) } }));
      await log.append({ command, by, events }).durable;
      process.stdout.write(command + "\\n");
    }
  };
  await Promise.all(["n", "e", "s", "w"].map(side));
`;

async function acknowledgedBefore(life: number, bytes: number): Promise<string[]> {
  const child = Bun.spawn([process.execPath, "-e", script(life)], { stdout: "pipe", stderr: "inherit" });
  let text = "";
  for await (const piece of child.stdout) {
    text += Buffer.from(piece).toString();
    if (text.length >= bytes) child.kill("SIGKILL");
  }
  await child.exited;
  return text.split("\n").slice(0, -1);
}

test(`killed ${kills} times while it appends`, async () => {
  const random = seededRandom(11);
  const acknowledged: string[] = [];
  for (let life = 0; life < kills; life++) {
    acknowledged.push(...(await acknowledgedBefore(life, 1 + random.below(4000))));
    expect((await verifyLog({ directory, files: systemFiles })).damage).toBeUndefined();
    const { log } = await openLog(options);
    expect(log.mode()).toEqual({ kind: "writable" });
    const counts = new Map<string, number>();
    for (const command of await commandsIn(log)) counts.set(command, (counts.get(command) ?? 0) + 1);
    expect(acknowledged.filter((command) => counts.get(command) !== 2)).toEqual([]);
    expect([...counts.values()].every((count) => count === 2)).toBe(true);
    await log.close();
  }
  expect(acknowledged.length).toBeGreaterThan(kills);
}, 60_000);
