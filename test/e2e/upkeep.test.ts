/** The verbs around a guest, through the compiled binary: wait, df, doctor, completion, and the API's document. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { renameSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "../../src/model/check.ts";
import type { Usage } from "../../src/model/usage.ts";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);

test(
  "wait comes back when a launch in the background is through",
  async () => {
    await home.ok("launch", "tiny", "--name", "web", "--memory", "256M", "--detach");
    expect((await home.run(["wait", "web", "--for", "stopped", "--timeout", "1s"])).code).toBe(5);
    await home.ok("wait", "web");
    expect(await home.ok("exec", "web", "echo", "here")).toBe("here\n");
  },
  guestMs,
);

test("df counts the guest's disk by what it takes, not by its size", async () => {
  const { parts, freeBytes } = JSON.parse(await home.ok("df", "--json")) as Usage;
  const [disk] = parts.find(({ kind }) => kind === "disks")?.items ?? [];
  expect(disk).toMatchObject({ name: "web", virtualBytes: 5 * 2 ** 30 });
  expect(disk?.bytes).toBeGreaterThan(0);
  expect(disk?.bytes).toBeLessThan(2 ** 30);
  expect(parts.find(({ kind }) => kind === "images")?.items.map(({ name }) => name)).toEqual(["tiny"]);
  expect(freeBytes).toBeGreaterThan(0);
});

test(
  "doctor finds nothing wrong, and what is left over once it is",
  async () => {
    const checksOf = async () =>
      (JSON.parse((await home.run(["doctor", "--json"])).stdout) as { checks: readonly Check[] }).checks;
    const sound = await checksOf();
    expect(sound.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    expect(sound.find(({ name }) => name === "qemu")?.found).toContain("carried");
    const folder = join(home.directory, "data/layers");
    const [layer = ""] = [...new Bun.Glob("*.qcow2").scanSync(folder)];
    renameSync(join(folder, layer), join(folder, "lost.qcow2"));
    const disks = (await checksOf()).find(({ name }) => name === "disks");
    renameSync(join(folder, "lost.qcow2"), join(folder, layer));
    expect(disks).toMatchObject({ verdict: "warn", next: `rm -i ${join(folder, "lost.qcow2")}` });
  },
  guestMs,
);

test("bash completes the guest's name, and the API is described without a daemon", async () => {
  const words = `eval "$(strata completion bash)"; COMP_WORDS=(strata exec w); COMP_CWORD=2; _strata_complete; echo "$COMPREPLY"`;
  // A busy host may let the key's moment pass; whoever sees nothing presses it again.
  await until("it is completed", async () => (await home.shell(`bash -c '${words}'`)).stdout === "web\n");
  const { openapi } = JSON.parse(await home.ok("api")) as { openapi: string };
  expect(openapi).toStartWith("3.1.");
});
