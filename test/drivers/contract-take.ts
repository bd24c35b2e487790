/** What every driver owes layers that are made of a foreign image: each reads like the snapshot it was made of, and holds what is different. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Driver } from "../../src/drivers/driver.ts";
import type { BaseImage, TakePlan } from "../../src/drivers/images.ts";

/** Contents are texts: a letter for each block of a disk. */
export interface TakeBench {
  readonly driver: Driver;
  /** A foreign image with snapshots inside, in the order in which they were made; answers its path. */
  image(snapshots: readonly (readonly [tag: string, content: string])[], now: string): Promise<string>;
  /** Where `extract` may write an image of the vault. */
  target(): string;
  readImage(path: string): Promise<string>;
  /** All that is read through a layer that stands, at the end, on this image. */
  read(layer: string, base: BaseImage): Promise<string>;
  /** Layers and what else is left beside them. */
  files(): string[];
  close(): Promise<void>;
}

export function describeTake(name: string, createBench: () => Promise<TakeBench>): void {
  describe(`the driver contract on foreign images: ${name}`, () => {
    let bench: TakeBench;
    let path: string;
    let base: BaseImage;
    beforeAll(async () => {
      bench = await createBench();
      path = await bench.image(
        [
          ["@s1", "ab"],
          ["@s2", "abc"],
          ["@s3", "xbc"],
        ],
        "abcd",
      );
      base = { path: bench.target(), format: "qcow2" };
    });
    afterAll(() => bench?.close());

    const signal = () => AbortSignal.timeout(60_000);
    const take = (plan: TakePlan) => bench.driver.snapshots.take(plan, signal());
    const of = (snapshot?: string) => ({ content: { path, ...(snapshot !== undefined && { snapshot }) } });

    test("a snapshot inside comes out as an image that stands alone; the foreign one stays what it is", async () => {
      await bench.driver.images.extract({ path, snapshot: "@s1" }, base.path, signal());
      expect(await bench.readImage(base.path)).toBe("ab");
      expect(await bench.readImage(path)).toBe("abcd");
      expect(await bench.driver.images.inspect(base.path, signal())).toMatchObject({ format: "qcow2" });
    });

    test("a tree of snapshots becomes a tree of frozen layers; twice is as once", async () => {
      const plans: TakePlan[] = [
        { layer: "t-1", parent: base },
        { layer: "t-2", parent: { layer: "t-1" }, ...of("@s2") },
        { layer: "t-3", parent: { layer: "t-1" }, ...of("@s3") },
        { layer: "t-4", parent: base, ...of("@s3") },
        { layer: "t-now", parent: { layer: "t-2" }, ...of() },
      ];
      const once = [];
      for (const plan of plans) once.push(await take(plan));
      const twice = [];
      for (const plan of plans) twice.push(await take(plan));
      expect(twice).toEqual(once);
      const contents = [];
      for (const { layer } of plans) contents.push(await bench.read(layer, base));
      expect(contents).toEqual(["ab", "abc", "xbc", "xbc", "abcd"]);
      for (const { layer } of plans) await bench.driver.snapshots.check({ layer }, signal());
      expect(bench.files()).toEqual(["t-1", "t-2", "t-3", "t-4", "t-now"]);
    });

    test("a machine stands on one of them as on any other", async () => {
      const id = Bun.randomUUIDv7();
      const specs = { cpus: 1, memory: 2 ** 27, disk: 2 ** 24 };
      const { hardware } = await bench.driver.create(
        id,
        { layer: "t-top", base: { layer: "t-now" }, specs, ordinal: 1 },
        signal(),
      );
      expect(hardware.driver).toBe(bench.driver.name);
      expect(await bench.read("t-top", base)).toBe("abcd");
      await bench.driver.destroy(id, ["t-top"], signal());
    });

    test.each([
      ["a snapshot that is not inside", { parent: { layer: "t-1" } }, "@s9", "snapshot-missing"],
      ["a parent that is not there", { parent: { layer: "t-0" } }, "@s2", "layer-missing"],
    ])("%s is refused, and nothing is left", async (_what, plan, snapshot, code) => {
      const before = bench.files();
      await expect(take({ layer: "t-9", ...plan, ...of(snapshot) })).rejects.toMatchObject({ code });
      expect(bench.files()).toEqual(before);
    });

    test("a call that is aborted leaves nothing", async () => {
      const before = bench.files();
      const reason = new Error("not wanted any more");
      const plan = { layer: "t-9", parent: { layer: "t-1" }, ...of("@s2") };
      await expect(bench.driver.snapshots.take(plan, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(bench.files()).toEqual(before);
    });
  });
}
