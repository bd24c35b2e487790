/** Programs of others that check a file system (stress-ng's of that class, fio), and two mounts of one folder. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPlace } from "./place.ts";
import { canMount, helperCommand, mountBySshfs, type Mounted } from "./sshfs.ts";

const patienceMs = 120_000;

/** Each with as many rounds as take it a second or so here. */
const stressors = [
  ["access", 50],
  ["chmod", 20],
  ["chown", 100],
  ["dentry", 100],
  ["dir", 100],
  ["dirdeep", 20],
  ["getdent", 5],
  ["hdd", 100],
  ["iomix", 20],
  ["open", 500],
  ["rename", 300],
  ["seek", 200],
  ["sync-file", 5],
  ["utime", 100],
] as const;
const limits = "--hdd-bytes 8m --iomix-bytes 8m --seek-size 8m --sync-file-bytes 4m --timeout 30";

describe.skipIf(!canMount)("a mount", () => {
  const place = createPlace();
  const mounts: Mounted[] = [];
  const mounted = () => mounts[0] as Mounted;
  beforeAll(async () => {
    mounts.push(await mountBySshfs(helperCommand({ source: place.source })));
  });
  afterAll(async () => {
    for (const one of mounts) await one.close();
    place.remove();
  });

  test.skipIf(Bun.which("stress-ng") === null).each(stressors)(
    "passes stress-ng's %s",
    async (name, rounds) => {
      const said = await mounted().shell(
        `stress-ng --temp-path . --verify ${limits} --${name} 1 --${name}-ops ${rounds} 2>&1`,
        patienceMs,
      );
      expect(said).toContain("successful run completed");
      expect(said).not.toMatch(/fail:|skipped/);
    },
    patienceMs,
  );

  test.skipIf(Bun.which("fio") === null)(
    "gives back what fio wrote, in any order and size",
    async () => {
      const job = "--size=16m --bsrange=512-128k --rw=randrw --verify=crc32c --verify_fatal=1 --ioengine=psync";
      const said = await mounted().shell(`fio --name=verify ${job} --fsync=64 --filename=verified`, patienceMs);
      expect(said).toMatch(/err= 0/);
    },
    patienceMs,
  );

  test("and another one of the same folder show each other's files", async () => {
    const other = await mountBySshfs(helperCommand({ source: place.source }));
    mounts.push(other);
    writeFileSync(join(other.path, "from-the-other"), "one");
    expect(readFileSync(join(mounted().path, "from-the-other"), "utf8")).toBe("one");
    await mounted().shell("mv from-the-other renamed && echo two >> renamed");
    expect(readFileSync(join(other.path, "renamed"), "utf8")).toBe("onetwo\n");
    expect(existsSync(join(place.source, "from-the-other"))).toBe(false);
  });

  test("that may only be read shows all and changes nothing", async () => {
    writeFileSync(join(place.source, "kept"), "kept");
    const reading = await mountBySshfs(helperCommand({ source: place.source, readOnly: true }));
    mounts.push(reading);
    expect(readFileSync(join(reading.path, "kept"), "utf8")).toBe("kept");
    for (const line of [
      "echo x >> kept",
      "echo x > new",
      "rm kept",
      "mv kept gone",
      "chmod 600 kept",
      "mkdir folder",
      "ln kept hard",
    ])
      await expect(reading.shell(line)).rejects.toThrow(/denied/);
    expect(readFileSync(join(place.source, "kept"), "utf8")).toBe("kept");
  });
});
