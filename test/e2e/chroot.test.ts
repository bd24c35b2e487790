/** One binary is enough: in a chroot with nothing but it and the tiny image, an ordinary user launches a guest and enters it. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { binary, guestMs } from "./harness.ts";

const image = resolve(import.meta.dir, "../../dist/images/tiny.qcow2");
const root = mkdtempSync(join(tmpdir(), "strata-chroot-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Own mounts and processes for the script: all of them end with it. */
const apart = ["unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"];
/** Only root may do this, and not in every container. */
const isPossible = process.getuid?.() === 0 && Bun.spawnSync([...apart, "true"]).success;

test.skipIf(!isPossible)(
  "an ordinary user launches and enters a guest where there is only the binary and the image",
  async () => {
    const script = join(import.meta.dir, "chroot.sh");
    const run = Bun.spawn([...apart, "sh", script, root, binary, image], {
      stdout: "pipe",
      stderr: "pipe",
      timeout: guestMs,
    });
    const [out, error] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
    expect({ exitCode: await run.exited, error: run.exitCode === 0 ? "" : error + out }).toEqual({
      exitCode: 0,
      error: "",
    });
    expect(out.split("\n")).toContain("hi");
  },
  guestMs,
);
