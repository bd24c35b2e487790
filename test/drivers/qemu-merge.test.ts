/** Merges below a real, running QEMU: what it holds open, and daemons that do not outlive them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { MergePlan } from "../../src/drivers/driver.ts";
import { guestMs } from "./contract.ts";
import { describeMerge } from "./contract-merge.ts";
import { agentOf, createQemuBench } from "./qemu-bench.ts";
import type { QemuBench } from "./qemu-bench.ts";
import { inGuest } from "./qemu-guest.ts";
import { mortal, wired } from "./qemu-mortal.ts";

describeMerge("qemu", createQemuBench);

describe("a merge below a running QEMU", () => {
  let bench: QemuBench;
  let top: string;
  let serial = 0;
  const signal = () => AbortSignal.timeout(2 * guestMs);
  const path = (layer: string) => join(bench.options.dataDirectory, "layers", `${layer}.qcow2`);
  const guest = (script: string) => inGuest(agentOf(bench.options.runtimeDirectory, bench.id), script);
  /** Sums of some files in the guest, read from the disk anew. */
  const sums = () => guest("echo 3 >/proc/sys/vm/drop_caches; cd /root; md5sum data-*");

  beforeAll(async () => {
    bench = await createQemuBench();
    top = bench.create.layer;
    const driver = bench.open();
    const { hardware } = await driver.create(bench.id, bench.create, signal());
    await bench.reachable(await driver.start(bench.id, { ...bench.start, hardware }, signal()));
    await driver.close();
  }, 2 * guestMs);
  afterAll(() => bench?.close());

  /** Something of its own in each of three more layers; the lowest of them may go. */
  async function grow(): Promise<MergePlan> {
    const driver = bench.open();
    const below = top;
    const made: string[] = [];
    for (const _ of ["gone", "merged", "above"]) {
      const next = `n-${++serial}`;
      await driver.snapshots.freeze(
        bench.id,
        { layer: top, next, bytes: bench.create.specs.disk, ordinal: 1 },
        signal(),
      );
      await guest(
        `dd if=/dev/urandom of=/root/data-${serial} bs=64k count=20 2>/dev/null; cp /root/data-${serial} /root/data-same; sync`,
      );
      made.push(next);
      top = next;
    }
    const next = `n-${++serial}`;
    await driver.snapshots.freeze(bench.id, { layer: top, next, bytes: bench.create.specs.disk, ordinal: 1 }, signal());
    top = next;
    await driver.close();
    const [gone = "", layer = ""] = made;
    return { layer, from: [gone], parent: below, machines: [bench.id] };
  }

  const pid = (): number => {
    const record = readFileSync(join(bench.options.dataDirectory, "instances", bench.id, "run.json"), "utf8");
    return (JSON.parse(record).process as { pid: number }).pid;
  };
  /** The layers that QEMU has open, by the names that their files have now; one that has none any more is `deleted`. */
  function held(): string[] {
    const links = readdirSync(`/proc/${pid()}/fd`).map((fd) => readLink(`/proc/${pid()}/fd/${fd}`));
    const ours = links.filter((link) => link.includes("/layers/"));
    return [
      ...new Set(ours.map((link) => (link.endsWith("(deleted)") ? "deleted" : (link.split("/").at(-1) ?? "")))),
    ].sort();
  }
  /** A connection may close meanwhile. */
  const readLink = (link: string): string => {
    try {
      return readlinkSync(link);
    } catch {
      return "";
    }
  };
  const files = (...layers: string[]) => layers.map((layer) => `${layer}.qcow2`).sort();

  async function again(plan: MergePlan): Promise<void> {
    const driver = bench.open();
    const { bytes } = await driver.snapshots.merge(plan, signal());
    expect(bytes).toBe(statSync(path(plan.layer)).blocks * 512);
    await driver.snapshots.discard({ layers: plan.from, memories: [], quarantine: false }, signal());
    await driver.snapshots.check({ layer: plan.layer }, signal());
    await driver.close();
  }

  test(
    "lets it close the old files, so that their space is free",
    async () => {
      const plan = await grow();
      const before = await sums();
      expect(held()).toEqual(files("layer-1", "n-1", "n-2", "n-3", "n-4"));
      await again(plan);
      expect(held()).toEqual(files("layer-1", "n-2", "n-3", "n-4"));
      expect(await sums()).toBe(before);
      expect(statSync(path("n-2")).mode & 0o222).toBe(0);
      // All of them into one, which the machine has open under its other name by now.
      await again({ layer: "n-2", from: ["layer-1"], machines: [bench.id] });
      await again({ layer: "n-3", from: ["n-2"], machines: [bench.id] });
      expect(held()).toEqual(files("n-3", "n-4"));
      expect(await sums()).toBe(before);
    },
    2 * guestMs,
  );

  for (const at of ["rename", "add-fd", "blockdev-add", "blockdev-reopen", "blockdev-del", "query-fdsets"])
    test(
      `by a daemon that is killed at ${at}: the guest runs on, and the same call ends it`,
      async () => {
        const plan = await grow();
        const before = await sums();
        const { driver, died } = mortal(
          bench,
          at === "rename" ? `rename ${path(plan.layer)}` : at,
          at.startsWith("blockdev-del") ? 2 : 1,
        );
        driver.snapshots.merge(plan, signal()).catch(() => undefined);
        await died;
        expect(await sums()).toBe(before);
        await again(plan);
        expect(await sums()).toBe(before);
        expect(held()).not.toContain(`${plan.from[0]}.qcow2`);
        expect(existsSync(`${path(plan.layer)}.new`)).toBe(false);
        await guest("echo alive >/root/alive; sync");
      },
      2 * guestMs,
    );

  test(
    "by a QEMU that is killed in the middle is done, and the machine starts with what was on its disk",
    async () => {
      const plan = await grow();
      const before = await sums();
      const driver = wired(bench, (what) => what === "blockdev-reopen" && process.kill(pid(), "SIGKILL"));
      await driver.snapshots.merge(plan, signal());
      await driver.snapshots.discard({ layers: plan.from, memories: [], quarantine: false }, signal());
      expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "crash" });
      const { hardware } = await driver.create(bench.id, bench.create, signal());
      await bench.reachable(await driver.start(bench.id, { ...bench.start, layer: top, hardware }, signal()));
      expect(await sums()).toBe(before);
      await driver.close();
    },
    2 * guestMs,
  );
});
