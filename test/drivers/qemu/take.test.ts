/** Layers made of real foreign images: what they hold, what is hostile in an image, and what an earlier attempt left. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemFiles } from "../../../src/sys/files.ts";
import { describeTake } from "../contract-take.ts";
import { blockBytes, createTakeBench, type QemuTakeBench } from "./take-bed.ts";

describeTake("qemu", createTakeBench);

describe("a foreign image", () => {
  let bench: QemuTakeBench;
  beforeAll(async () => (bench = await createTakeBench()));
  afterAll(() => bench?.close());
  const signal = () => AbortSignal.timeout(60_000);
  const baseOf = async (path: string, snapshot: string) => {
    const target = bench.target();
    await bench.driver.images.extract({ path, snapshot }, target, signal());
    return { path: target, format: "qcow2" } as const;
  };

  test("shares what its snapshots share: a layer holds what is different alone", async () => {
    const path = await bench.image([["@s1", "abcdef"]], "abcdeZ");
    const base = await baseOf(path, "@s1");
    const { bytes } = await bench.driver.snapshots.take({ layer: "d-1", parent: base, content: { path } }, signal());
    expect(bytes).toBeGreaterThanOrEqual(blockBytes);
    expect(bytes).toBeLessThan(2 * blockBytes);
    expect(await bench.read("d-1", base)).toBe("abcdeZ");
    expect(statSync(bench.bed.layer("d-1")).mode & 0o222).toBe(0);
    expect(bench.bed.isWhole(bench.bed.layer("d-1"))).toBe(true);
  });

  test("whose disk has grown since a snapshot, or whose blocks were emptied, reads as it did", async () => {
    const path = await bench.image([["@s1", "abcd"]], "abcd");
    bench.bed.must("qemu-img", "resize", "-q", path, "16M");
    bench.bed.must("qemu-io", "-f", "qcow2", "-c", "write -z 1M 1M", "-c", "write -P 122 12M 1M", path);
    const base = await baseOf(path, "@s1");
    await bench.driver.snapshots.take({ layer: "g-1", parent: base, content: { path } }, signal());
    expect(bench.bed.isSame(bench.bed.layer("g-1"), path)).toBe(true);
    await bench.driver.snapshots.take(
      { layer: "g-2", parent: { layer: "g-1" }, content: { path, snapshot: "@s1" } },
      signal(),
    );
    expect(await bench.read("g-2", base)).toBe("abcd");
  });

  test("that names another file is not opened by any tool", async () => {
    const path = join(bench.directory, "data/images/hostile.qcow2");
    bench.bed.must("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", "/etc/shadow", "-F", "raw", path, "8M");
    const base = await baseOf(await bench.image([["@s1", "a"]], "b"), "@s1");
    const take = bench.driver.snapshots.take({ layer: "h-1", parent: base, content: { path } }, signal());
    await expect(take).rejects.toMatchObject({ code: "image-invalid" });
    const extract = bench.driver.images.extract({ path, snapshot: "@s1" }, bench.target(), signal());
    await expect(extract).rejects.toMatchObject({ code: "image-invalid" });
  });

  test("is taken again when an earlier attempt stood on another image, and over what one left half", async () => {
    const path = await bench.image([["@s1", "ab"]], "cd");
    const [gone, base] = [await baseOf(path, "@s1"), await baseOf(path, "@s1")];
    const take = (parent: typeof base) =>
      bench.driver.snapshots.take({ layer: "r-1", parent, content: { path } }, signal());
    await take(gone);
    for (const end of [".tmp", ".whole.tmp"]) writeFileSync(`${bench.bed.layer("r-1")}${end}`, "half");
    await take(base);
    await systemFiles.remove(gone.path);
    expect(await bench.read("r-1", base)).toBe("cd");
    expect(bench.files().filter((name) => name.startsWith("r-1"))).toEqual(["r-1"]);
  });
});

test("is not begun where the disk would not hold it", async () => {
  const space = async () => ({ freeBytes: 2 ** 30, totalBytes: 2 ** 40 });
  const bench = await createTakeBench({ files: { ...systemFiles, space } });
  try {
    const path = await bench.image([["@s1", "abcd"]], "z");
    const target = bench.target();
    const extract = bench.driver.images.extract({ path, snapshot: "@s1" }, target, AbortSignal.timeout(60_000));
    await expect(extract).rejects.toMatchObject({ code: "no-space" });
  } finally {
    await bench.close();
  }
});
