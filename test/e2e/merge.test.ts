/** Layers that no point needs any more, below a real guest that runs: they are merged by themselves, and nobody notices. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

const inside = (script: string) => home.ok("exec", "web", "--", "sh", "-c", script);
const bootId = () => inside("cat /proc/sys/kernel/random/boot_id");
interface Told {
  readonly type: string;
  readonly data: { layer: string; from: string[]; parent?: string; bytes: number; gone: string[] };
}
const told = async (type: string): Promise<Told[]> =>
  (await home.ok("events"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told)
    .filter((event) => event.type === type);
/** What the driver keeps of layers, in use and put aside. */
const files = () =>
  readdirSync(join(home.directory, "data", "layers"), { recursive: true })
    .map(String)
    .sort();

test(
  "of three snapshots the middle one is deleted: its layer goes into the next one while the guest runs, and every point is what it was",
  async () => {
    const path = (await inside("echo $HOME")).trim();
    for (const name of ["a", "b", "c"]) {
      // One file that each has another text in, one that only this layer brings, one that the next layer takes away.
      await inside(
        `cd; echo ${name} >shared; rm -f until-*; echo x >until-${name}; dd if=/dev/urandom of=only-${name} bs=64k count=16 2>/dev/null; sync`,
      );
      await home.ok("snapshot", `web@${name}`);
    }
    const sums = () => inside("echo 3 >/proc/sys/vm/drop_caches; cd; md5sum only-a only-b only-c shared");
    const [boot, before, kept] = [await bootId(), await sums(), files()];

    await home.ok("delete", "web@b");
    await until("the layers are merged", async () => (await told("layers.merged")).length > 0, 150_000);
    const [{ data: merged } = { data: undefined }] = await told("layers.merged");
    expect([merged?.from.length, merged?.parent === undefined, (merged?.bytes ?? 0) > 2 ** 20]).toEqual([
      1,
      false,
      true,
    ]);
    const seen = files().filter((name) => !kept.includes(name));
    expect(seen).toEqual([]);
    expect(await bootId()).toBe(boot);
    expect(await sums()).toBe(before);

    for (const name of ["a", "c"]) {
      expect(await home.ok("transfer", `web@${name}:${path}/shared`, "-")).toBe(`${name}\n`);
      const listed = (await home.ok("transfer", `web@${name}:${path}`, "--list", "-q")).split("\n");
      expect(listed.filter((each) => each.startsWith("until-"))).toEqual([`until-${name}`]);
      expect(listed.filter((each) => each.startsWith("only-"))).toEqual(
        ["a", "b", "c"].filter((each) => each <= name).map((each) => `only-${each}`),
      );
    }
    await until("the old layer is put aside", async () => (await told("layers.discarded")).length > 0, 150_000);
    expect((await told("layers.discarded")).flatMap(({ data }) => data.gone)).toEqual(merged?.from ?? []);
    expect(files()).toContain(`quarantine/${merged?.from[0]}.qcow2`);

    await inside("echo later >later; sync");
    expect(await bootId()).toBe(boot);
    expect(await sums()).toBe(before);
    await home.ok("restore", "web@c", "--discard");
    expect(await sums()).toBe(before);
    await home.ok("restore", "web@a", "--discard");
    expect(await inside("cd; ls")).toBe("only-a\nshared\nuntil-a\n");
    const doctor = await home.run(["doctor", "--json"]);
    expect(doctor.stdout).not.toMatch(/leftover/i);
  },
  4 * guestMs,
);
