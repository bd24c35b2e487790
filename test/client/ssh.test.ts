/** This user's files for SSH clients: the key, the pinned host keys, the configuration and the command in it. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshFiles } from "../../src/client/ssh/files.ts";
import { ensureKey, readKey } from "../../src/client/ssh/key.ts";
import { proxyWords } from "../../src/client/ssh/proxy-words.ts";
import type { Config } from "../../src/config.ts";
import { sshConfigText } from "../../src/render/ssh-config.ts";

let home = "";
beforeEach(() => (home = mkdtempSync(join(tmpdir(), "strata-ssh-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

const hostKey = `ssh-ed25519 ${"A".repeat(68)} strata-i-1`;
const web = { id: "i-1", name: "web", user: "ubuntu", hostKey };
const config = (more: Partial<Config> = {}) =>
  ({
    clientFile: `${home}/.config/strata/client.json`,
    user: { home, uid: 1, gid: 1, name: "u" },
    program: ["/opt/strata"],
    environment: {},
    ...more,
  }) as Config;
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("a key is made once, for its owner alone, and OpenSSH reads it", async () => {
  const directory = join(home, "ssh");
  const made = await Promise.all([ensureKey(directory), ensureKey(directory)]);
  expect(new Set(made.map(({ publicKey }) => publicKey)).size).toBe(1);
  expect(readKey(directory)).toEqual(made[0]);
  expect([modeOf(directory), modeOf(made[0].path)]).toEqual(["700", "600"]);
  const derived = Bun.spawnSync(["ssh-keygen", "-y", "-f", made[0].path]).stdout.toString();
  expect(derived.split(" ").slice(0, 2)).toEqual(made[0].publicKey.split(" ").slice(0, 2));
});

test("half a key is an error, and nothing is put in its place", async () => {
  const directory = join(home, "ssh");
  const { path } = await ensureKey(directory);
  rmSync(path);
  await expect(ensureKey(directory)).rejects.toMatchObject({ code: "ssh-key-unreadable" });
});

test("host keys are known by the instance, those of others stay", async () => {
  const files = sshFiles(config(), undefined);
  await files.prepare([web]);
  const { knownHostsFile } = await files.prepare([
    { ...web, hostKey: hostKey.replace("AAAA", "BBBB") },
    { ...web, id: "i-2" },
  ]);
  await files.prepare([]);
  expect(readFileSync(knownHostsFile, "utf8")).toBe(
    `strata-i-1 ssh-ed25519 BBBB${"A".repeat(64)}\nstrata-i-2 ssh-ed25519 ${"A".repeat(68)}\n`,
  );
});

test("what is written is looked for in the user's own configuration, which is left alone", async () => {
  const files = sshFiles(config(), undefined);
  const { path, isIncluded } = files.write("Host web\n");
  expect([readFileSync(path, "utf8"), isIncluded]).toEqual(["Host web\n", false]);
  mkdirSync(join(home, ".ssh"));
  const own = join(home, ".ssh/config");
  for (const line of [
    `Include ${path}`,
    'include "~/.config/strata/ssh/config"',
    "Include ~/other ~/.config/strata/ssh/config",
  ]) {
    writeFileSync(own, `# mine\n${line}\n`);
    expect(files.write("Host web\n").isIncluded).toBe(true);
    expect(readFileSync(own, "utf8")).toBe(`# mine\n${line}\n`);
  }
});

test("the command asks the daemon that was asked, and every path arrives as it is", () => {
  const plain = ["/opt/strata", "helper", "ssh-proxy", "/keys"];
  expect(proxyWords(config(), "/keys", undefined)).toEqual(plain);
  const environment = { STRATA_HOME: "/data", XDG_RUNTIME_DIR: "/run/user/1", PATH: "/bin" };
  expect(proxyWords(config({ environment }), "/keys", undefined)).toEqual([
    "env",
    "STRATA_HOME=/data",
    "XDG_RUNTIME_DIR=/run/user/1",
    ...plain,
  ]);
  expect(proxyWords(config({ environment: { STRATA_HOST: "/s" } }), "/keys", "/t")).toEqual([
    "env",
    "STRATA_HOST=/t",
    ...plain,
  ]);
  const places = { identityFile: "/a b/100%/id", knownHostsFile: "/k", proxy: ["/it's a/100%/strata", "x"] };
  expect(sshConfigText([web], places)).toBe(`Host web web.strata
  HostName web.strata
  HostKeyAlias strata-i-1
  User ubuntu
  IdentityFile "/a b/100%%/id"
  IdentitiesOnly yes
  UserKnownHostsFile "/k"
  StrictHostKeyChecking yes
  ProxyCommand '/it'\\''s a/100%%/strata' x i-1
`);
});
