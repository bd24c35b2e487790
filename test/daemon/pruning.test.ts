/** Images that go by themselves: those that nobody needs and has used for long, and none else. */
import { describe, expect, test } from "bun:test";
import { removeImage, removeOrphans, startPruning, unusedImages } from "../../src/daemon/pruning.ts";
import { daemonActor } from "../../src/events/envelope.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { type Fact, facts, running, second } from "../spec.ts";
import { imageWorld, sha } from "./image-world.ts";

const day = 86_400_000;
const ids = { next: () => "c-x", bytes: (length: number) => new Uint8Array(length) };
const used = String(facts.imageReady.data?.["sha256"]);
const asked = { by: daemonActor, command: "c-1" };
const launching: readonly Fact[] = [facts.launchRequested];

describe("an image", () => {
  test("that an instance stands on is not removed: the record refuses, and the file stays", async () => {
    const bed = imageWorld(running, [{ name: "tiny", sha256: used, atSecond: 1 }]);
    await expect(removeImage(bed, used, asked)).rejects.toMatchObject({
      code: "image-in-use",
      message: expect.stringContaining("web"),
      hints: [["next", "strata delete --purge web"]],
    });
    expect(bed.removed).toEqual([]);
    expect(bed.world.images.has(used)).toBe(true);
  });

  test("that one in the trash stands on is not either", async () => {
    const trashed = [...running, facts.stopped(), facts.deleteRequested, facts.deleted];
    const bed = imageWorld(trashed, [{ name: "tiny", sha256: used, atSecond: 1 }]);
    await expect(removeImage(bed, used, asked)).rejects.toMatchObject({ code: "image-in-use" });
  });

  test("that a launch under way may turn out to need is not either", () => {
    const bed = imageWorld(launching, [{ name: "other", sha256: sha("e"), atSecond: 1 }]);
    expect(unusedImages(bed.world, Number.POSITIVE_INFINITY)).toEqual([]);
  });

  test("that nobody needs goes from the record first, then from the disk; again is fine", async () => {
    const bed = imageWorld([], [{ name: "a", sha256: sha("9"), atSecond: 1 }]);
    await removeImage(bed, sha("9"), asked);
    expect(bed.world.images.size).toBe(0);
    await removeImage(bed, sha("9"), asked);
    expect(bed.removed).toEqual([sha("9"), sha("9")]);
  });

  test("is unused from the time of its last use on", () => {
    const bed = imageWorld(running, [
      { name: "old", sha256: sha("9"), atSecond: 20 },
      { name: "young", sha256: sha("b"), atSecond: 40 },
      { name: "tiny", sha256: used, atSecond: 1 },
    ]);
    const before = (time: string) => unusedImages(bed.world, Date.parse(time)).map(({ name }) => name);
    expect(before(second(19))).toEqual([]);
    expect(before(second(20))).toEqual(["old"]);
    expect(before(second(59))).toEqual(["old", "young"]);
  });
});

function pruned(keep: string, afterMs: number, isWritable = true) {
  const clock = createSimulatedClock();
  const bed = imageWorld(running, [
    { name: "old", sha256: sha("9"), atSecond: 0 },
    { name: "tiny", sha256: used, atSecond: 0 },
  ]);
  const said: string[] = [];
  let rounds = 0;
  const start = () =>
    startPruning({
      ...bed,
      clock,
      ids,
      keep: () => keep,
      isWritable: () => isWritable,
      collect: async () => void rounds++,
      report: (line) => said.push(line),
    });
  const settle = async () => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return {
    bed,
    said,
    rounds: () => rounds,
    async run() {
      const pruner = start();
      await settle();
      while (clock.elapsedMs() < afterMs && clock.step()) await settle();
      return pruner;
    },
    clock,
  };
}

describe("pruning by the setting", () => {
  test("removes after its time what nobody needs, says why, and never what an instance stands on", async () => {
    const it = pruned("2d", 3 * day);
    (await it.run()).close();
    expect(it.bed.removed).toEqual([sha("9")]);
    expect(it.bed.asked).toEqual([{ by: daemonActor, command: "c-x", reason: "unused for 2d" }]);
    expect(it.said).toEqual([]);
  });

  test("keeps what is younger, and looks every six hours", async () => {
    const it = pruned("30d", day);
    const pruner = await it.run();
    expect(it.bed.removed).toEqual([]);
    expect(it.rounds()).toBe(5);
    pruner.close();
    expect(it.clock.step()).toBe(false);
  });

  test("always keeps all, and a log that takes no more removes nothing; broken downloads go all the same", async () => {
    for (const it of [pruned("always", 400 * day), pruned("1d", 400 * day, false)]) {
      (await it.run()).close();
      expect(it.bed.removed).toEqual([]);
      expect(it.rounds()).toBeGreaterThan(1_000);
    }
  });
});

describe("files that no event names", () => {
  const bed = () => imageWorld([], [{ name: "a", sha256: sha("9"), atSecond: 1 }], [sha("9"), sha("f")]);

  test("are what a crash left, and go", async () => {
    const it = bed();
    await removeOrphans({ ...it, isWritable: () => true });
    expect(it.removed).toEqual([sha("f")]);
  });

  test("stay while the log cannot be trusted to know them all", async () => {
    const it = bed();
    await removeOrphans({ ...it, isWritable: () => false });
    expect(it.removed).toEqual([]);
  });
});
