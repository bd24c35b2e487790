/** Layers on a disk that loses power: one that an event is about to name stays. */
import { expect, test } from "bun:test";
import { createLayer } from "../../../src/drivers/qemu/layers.ts";
import { seededRandom } from "../../simulation/random.ts";
import { unsyncedDisk } from "../../simulation/unsynced.ts";

const directory = "/data/layers";
const plan = { path: `${directory}/l-1.qcow2`, backing: "../images/a.raw", format: "raw", bytes: 2 ** 20 } as const;
const { signal } = new AbortController();

test("one that a killed process gave its name is there after a power cut, once it was found", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const { disk, reached } = unsyncedDisk(directory);
    await disk.boot().makeDirectory(directory, 0o700);
    void createLayer(disk.boot(), plan, signal);
    await reached;
    disk.kill();
    await createLayer(disk.boot(), plan, signal);
    const whole = await disk.boot().read(plan.path);
    disk.crash(seededRandom(seed));
    expect(Buffer.from(await disk.boot().read(plan.path)).equals(whole)).toBe(true);
  }
});

test("one that is given up before it is begun leaves nothing", async () => {
  const { disk } = unsyncedDisk(directory);
  await disk.boot().makeDirectory(directory, 0o700);
  await expect(createLayer(disk.boot(), plan, AbortSignal.abort(new Error("no more")))).rejects.toThrow("no more");
  expect(await disk.boot().list(directory)).toEqual([]);
});
