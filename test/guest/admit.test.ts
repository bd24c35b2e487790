/** The script that lets a key in, run by this machine's shell in a home of its own. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { admitKey } from "../../src/guest/admit.ts";
import type { GuestChannel } from "../../src/guest/channel.ts";

const key = `ssh-ed25519 ${"A".repeat(68)} strata-client`;
const other = "ssh-rsa BBBB someone@else";

async function* once(text: string) {
  yield new TextEncoder().encode(text);
}

/** Opens the script as a guest would. */
const shellIn = (home: string) => async (script: string) => {
  const ran = Bun.spawnSync(["sh", "-c", script], { env: { HOME: home, PATH: process.env["PATH"] ?? "" } });
  return {
    stdout: once(ran.stdout.toString()),
    stderr: once(ran.stderr.toString()),
    exit: Promise.resolve({ code: ran.exitCode }),
    end: () => {},
    close: () => {},
  } as unknown as GuestChannel;
};

function homeWith(list?: string) {
  const home = mkdtempSync(join(tmpdir(), "strata-admit-"));
  const path = join(home, ".ssh/authorized_keys");
  if (list !== undefined) {
    mkdirSync(join(home, ".ssh"));
    writeFileSync(path, list);
  }
  return { home, path, admit: () => admitKey(shellIn(home), key, AbortSignal.timeout(5_000)) };
}

test.each([
  ["no folder", undefined, `${key}\n`],
  ["an empty list", "", `${key}\n`],
  ["another key", `${other}\n`, `${other}\n${key}\n`],
  ["a list without its last line's end", other, `${other}\n${key}\n`],
  ["the key", `${key}\n${other}\n`, `${key}\n${other}\n`],
  ["the key within another line", `# ${key}\n`, `# ${key}\n${key}\n`],
])("with %s before, the key is in once, twice asked", async (_what, before, after) => {
  const { home, path, admit } = homeWith(before);
  for (const _ of ["once", "twice"]) await admit();
  expect(readFileSync(path, "utf8")).toBe(after);
  if (before === undefined)
    expect([statSync(path).mode & 0o777, statSync(join(home, ".ssh")).mode & 0o777]).toEqual([0o600, 0o700]);
  rmSync(home, { recursive: true });
});

test("a guest that cannot keep it says why", async () => {
  const { home, admit } = homeWith();
  writeFileSync(join(home, ".ssh"), "no folder");
  await expect(admit()).rejects.toMatchObject({ code: "key-not-admitted", exit: 125 });
  expect(existsSync(join(home, ".ssh/authorized_keys"))).toBe(false);
  rmSync(home, { recursive: true });
});
