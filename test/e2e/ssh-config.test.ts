/** Ordinary OpenSSH clients and a real guest: ssh, scp and sftp, before and after a restart, with a key of the caller's own. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, guestMs, type Home, resultOf } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

/** The configuration that --write has made, and nothing of this machine's user. */
const client = (program: string, ...words: readonly string[]) =>
  resultOf(
    Bun.spawn([program, "-F", join(home.directory, "config/strata/ssh/config"), ...words], {
      env: { PATH: process.env["PATH"] ?? "", HOME: home.directory },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    }),
  );

async function usesAll(): Promise<void> {
  expect(await client("ssh", "web", "echo $USER; exit 7")).toMatchObject({ code: 7, stdout: "ubuntu\n" });
  expect(await client("ssh", "web.strata", "hostname")).toMatchObject({ code: 0, stdout: "web\n" });
  const [file, back] = [join(home.directory, "notes"), join(home.directory, "back")];
  const text = "precious\n".repeat(50_000);
  writeFileSync(file, text);
  expect(await client("scp", file, "web:notes")).toMatchObject({ code: 0 });
  expect(await client("scp", "web:notes", back)).toMatchObject({ code: 0 });
  expect(readFileSync(back, "utf8")).toBe(text);
  writeFileSync(join(home.directory, "batch"), "rename notes kept\nls\n");
  const listed = await client("sftp", "-b", join(home.directory, "batch"), "web");
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining("kept") });
}

test(
  "ssh, scp and sftp go in, by a key of this user's that the guest is told of and history names",
  async () => {
    const written = await home.run(["ssh-config", "--write"]);
    expect(written).toMatchObject({ code: 0, stderr: expect.stringContaining("Include") });
    const key = join(home.directory, "config/strata/ssh/id_ed25519");
    expect(statSync(key).mode & 0o777).toBe(0o600);
    await usesAll();
    const print = Bun.spawnSync(["ssh-keygen", "-lf", key]).stdout.toString().split(" ")[1] ?? "none";
    const events = (await home.ok("events")).split("\n").filter((line) => line.includes("key-authorized"));
    expect(events).toHaveLength(1);
    expect(events[0]).toContain(print);
    expect(await home.ok("history", "web")).toContain(`key ${print} let in to web`);
  },
  guestMs,
);

test(
  "the same configuration goes on after a restart, which has another port, and after the daemon was killed",
  async () => {
    await home.ok("stop", "web");
    const off = await client("ssh", "web", "true");
    expect(off).toMatchObject({ code: 255, stderr: expect.stringContaining("[instance-not-running]") });
    await home.ok("start", "web");
    process.kill(await home.daemonPid(), "SIGKILL");
    await usesAll();
  },
  2 * guestMs,
);

test(
  "a guest that shows another host key is not talked to",
  async () => {
    const known = join(home.directory, "config/strata/ssh/known_hosts");
    const before = readFileSync(known, "utf8");
    mkdirSync(join(home.directory, "other"));
    const other = join(home.directory, "other/key");
    Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other]);
    const [, blob = ""] = readFileSync(`${other}.pub`, "utf8").split(" ");
    writeFileSync(known, before.replace(/ssh-ed25519 \S+/, `ssh-ed25519 ${blob}`));
    expect(await client("ssh", "web", "true")).toMatchObject({
      code: 255,
      stderr: expect.stringContaining("HOST IDENTIFICATION"),
    });
    await home.ok("ssh-config", "web");
    expect(readFileSync(known, "utf8")).toBe(before);
    expect(await client("ssh", "web", "true")).toMatchObject({ code: 0 });
  },
  guestMs,
);
