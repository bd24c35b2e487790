/** Two real guests behind the switch, in a network namespace that has an outside of its own, and goes with the test. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const isRoot = process.getuid?.() === 0;
/** Two boots, and what is done in the guests. */
const limitMs = 900_000;

test.skipIf(!isRoot)(
  "two guests reach each other and the outside as far as they may, and never the host's loopback",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "strata-outside-"));
    const hosts = join(directory, "hosts");
    writeFileSync(hosts, "127.0.0.1 localhost\n198.51.100.1 allowed.example\n198.51.100.2 other.example\n");
    const steps = `set -e
      ip link set lo up
      for last in 1 2; do ip address add 198.51.100.$last/32 dev lo; done
      mount --bind '${hosts}' /etc/hosts
      exec '${process.execPath}' test ./inside/guests.ts`;
    const child = Bun.spawn(["unshare", "-nm", "sh", "-c", steps], {
      cwd: import.meta.dir,
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    rmSync(directory, { recursive: true });
    expect({ code, said: code === 0 ? "" : out + err }).toEqual({ code: 0, said: "" });
  },
  limitMs,
);
