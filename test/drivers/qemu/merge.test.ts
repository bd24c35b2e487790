/** Merges of real layers: whatever is in them, what is read through each stays the same; and what fails leaves all as it was. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemFiles } from "../../../src/sys/files.ts";
import { type Random, seededRandom } from "../../simulation/random.ts";
import { createMergeBed, image } from "./merge-bed.ts";

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), "strata-merge-"))));
afterAll(() => rmSync(directory, { recursive: true }));
const signal = () => AbortSignal.timeout(60_000);
const mebibyte = 2 ** 20;
const cluster = 65_536;

/** Writes, zeros and discards, some of whole clusters, some across their edges. */
function commands(random: Random, bytes: number): string[] {
  return Array.from({ length: 1 + random.below(7) }, () => {
    const step = random.chance(0.5) ? cluster : 512;
    const at = random.below(Math.floor((bytes - 4096) / step)) * step;
    const wanted = [512, 4096, cluster, 3 * cluster, mebibyte][random.below(5)] ?? 512;
    const length = Math.min(wanted, Math.floor((bytes - at) / 512) * 512);
    const kinds = [`write -P ${1 + random.below(255)}`, "write -z", "write -z -u", "write -P 0", "discard"];
    return `${kinds[random.below(kinds.length)]} ${at} ${length}`;
  });
}

/** An image and up to five frozen layers on it, which grow now and then. Answers their ids, the lowest first. */
function makeTree(bed: ReturnType<typeof createMergeBed>, random: Random): { layers: string[]; below: string[] } {
  const format = random.chance(0.5) ? "raw" : "qcow2";
  let bytes = (4 + 4 * random.below(2)) * mebibyte - random.below(2) * 512 * 7;
  bed.makeImage(format, bytes, [`write -P 7 ${random.below(3)}M 1M`]);
  const below = [`../images/${image}.${format}`];
  const layers: string[] = [];
  for (let count = 2 + random.below(4); count > 0; count--) {
    bytes += random.chance(0.4) ? (1 + random.below(3)) * mebibyte : 0;
    const id = `l${layers.length}`;
    bed.makeLayer(id, below.at(-1) ?? "", layers.length === 0 ? format : "qcow2", bytes, commands(random, bytes));
    layers.push(id);
    below.push(`${id}.qcow2`);
  }
  return { layers, below };
}

for (let seed = 1; seed <= 12; seed++)
  test(`a random tree reads the same after each merge, over the old parent too (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const bed = createMergeBed(join(directory, `tree-${seed}`));
    const { layers, below } = makeTree(bed, random);
    const raw = (id: string) => join(directory, `tree-${seed}`, `${id}.raw`);
    for (const id of layers) bed.must("qemu-img", "convert", "-O", "raw", bed.layer(id), raw(id));
    const upper = 1 + random.below(layers.length - 1);
    const lower = random.below(upper);
    const [layer = "", parent] = [layers[upper], lower === 0 ? undefined : layers[lower - 1]];
    const from = layers.slice(lower, upper).toReversed();
    const plan = { layer, from, machines: [], ...(parent !== undefined && { parent }) };
    const { bytes } = await bed.driver.snapshots.merge(plan, signal());
    expect(await bed.driver.snapshots.merge(plan, signal())).toEqual({ bytes });

    for (const id of layers) expect([id, bed.isSame(bed.layer(id), raw(id))]).toEqual([id, true]);
    expect(bed.isWhole(bed.layer(layer))).toBe(true);
    expect(bed.files()).toEqual(layers.map((id) => `${id}.qcow2`).sort());
    // Whoever looked at the old header opens the new file over what stood below the old one.
    for (const [index, name] of below.slice(0, upper + 1).entries()) {
      if (index < lower) continue;
      const other = bed.layer("other");
      copyFileSync(bed.layer(layer), other);
      const format = name.endsWith(".raw") ? "raw" : "qcow2";
      bed.must("chmod", "600", other);
      bed.must("qemu-img", "rebase", "-u", "-b", name, "-F", format, other);
      expect([name, bed.isSame(other, raw(layer))]).toEqual([name, true]);
      rmSync(other);
    }
    await bed.driver.snapshots.discard(
      { layers: layers.slice(lower, upper).filter((id) => id !== layer), memories: [], quarantine: false },
      signal(),
    );
    for (const id of layers.slice(upper)) expect([id, bed.isSame(bed.layer(id), raw(id))]).toEqual([id, true]);
    await bed.driver.close();
  }, 60_000);

describe("a merge that cannot be done", () => {
  const made = (name: string, more: Parameters<typeof createMergeBed>[1] = {}) => {
    const bed = createMergeBed(join(directory, name), more);
    bed.makeImage("raw", 4 * mebibyte, ["write -P 1 0 1M"]);
    bed.makeLayer("low", `../images/${image}.raw`, "raw", 4 * mebibyte, ["write -P 2 1M 1M"]);
    bed.makeLayer("top", "low.qcow2", "qcow2", 4 * mebibyte, ["write -P 3 2M 1M"]);
    return bed;
  };
  const plan = { layer: "top", from: ["low"], machines: [] };

  test("for want of space is refused before anything is written", async () => {
    const space = async () => ({ freeBytes: 2 ** 30, totalBytes: 2 ** 40 });
    const bed = made("no-space", { files: { ...systemFiles, space } });
    const refused = { code: "no-space", message: expect.stringContaining("1G are free") };
    await expect(bed.driver.snapshots.merge(plan, signal())).rejects.toMatchObject(refused);
    expect(bed.files()).toEqual(["low.qcow2", "top.qcow2"]);
    await bed.driver.close();
  });

  test("on a disk that fills up meanwhile leaves the layers as they were, and works when there is space", async () => {
    const mount = join(directory, "small");
    mkdirSync(mount);
    const isRoot = process.getuid?.() === 0;
    const script = `mount -t tmpfs -o size=80m tmpfs ${mount} && exec ${process.execPath} ${join(import.meta.dir, "merge-full.ts")} ${mount}`;
    const child = Bun.spawnSync(["unshare", isRoot ? "-m" : "-rm", "sh", "-c", script]);
    expect({ said: child.stderr.toString(), code: child.exitCode }).toMatchObject({ code: 0 });
    const files = ["gone.qcow2", "low.qcow2", "top.qcow2"];
    expect(JSON.parse(child.stdout.toString())).toEqual({
      full: { code: "no-space", files, isSame: true },
      roomy: { files, isSame: true, isCopied: true },
    });
  }, 60_000);

  test("because it is given up leaves nothing behind", async () => {
    const bed = made("aborted");
    const giving = new AbortController();
    const merging = bed.driver.snapshots.merge(plan, giving.signal);
    giving.abort(new Error("enough"));
    await expect(merging).rejects.toThrow("enough");
    expect(bed.files()).toEqual(["low.qcow2", "top.qcow2"]);
    await bed.driver.close();
  });

  test.each([
    ["a file of the host", "../../foreign"],
    ["itself", "low.qcow2"],
    ["a layer that the plan does not name", "other.qcow2"],
  ])("because a layer leads to %s touches nothing there", async (_, name) => {
    const bed = made(`leads-to-${name.replaceAll(/\W/g, "")}`);
    const foreign = join(bed.layer("x"), "../../../foreign");
    writeFileSync(foreign, Buffer.alloc(mebibyte), { mode: 0o600 });
    bed.makeLayer("other", `../images/${image}.raw`, "raw", 4 * mebibyte, ["write -P 9 0 64k"]);
    const path = bed.layer("low");
    bed.must("chmod", "600", path);
    bed.must("qemu-img", "rebase", "-u", "-b", name, "-F", "raw", path);
    bed.must("chmod", "400", path);
    await expect(bed.driver.snapshots.merge(plan, signal())).rejects.toMatchObject({ code: "layer-damaged" });
    expect(statSync(foreign).mode & 0o777).toBe(0o600);
    expect(bed.files()).toEqual(["low.qcow2", "other.qcow2", "top.qcow2"]);
    await bed.driver.close();
  });

  test("what an earlier one left behind is not in the way", async () => {
    const bed = made("left");
    writeFileSync(`${bed.layer("top")}.new`, "half a copy");
    await bed.driver.snapshots.merge(plan, signal());
    expect(existsSync(`${bed.layer("top")}.new`)).toBe(false);
    await bed.driver.close();
  });
});
