/** Where everything is, and which daemon is meant. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkRuntimeDirectory, chooseTarget, readConfig, socketPath } from "../src/config.ts";
import type { Environment, User } from "../src/config.ts";
import { UserError } from "../src/errors.ts";

const scratch = mkdtempSync(join(tmpdir(), "strata-config-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const user: User = { uid: 4_000_000, gid: 4_000_000, name: "user", home: "/home/user" };
const root: User = { uid: 0, gid: 0, name: "root", home: "/root" };
const config = (environment: Environment = {}, who = user) => readConfig(environment, who);

function codeOf(work: () => unknown): string {
  try {
    work();
    return "no error";
  } catch (error) {
    return error instanceof UserError ? error.code : String(error);
  }
}

test("a user's data follows XDG, and a relative XDG directory is ignored", () => {
  expect(config().directory).toBe("/home/user/.local/share/strata");
  expect(config({ XDG_DATA_HOME: "/x" }).directory).toBe("/x/strata");
  expect(config({ XDG_DATA_HOME: "x" }).directory).toBe("/home/user/.local/share/strata");
  expect(config({ XDG_CONFIG_HOME: "/c" }).clientFile).toBe("/c/strata/client.json");
});

test("root's default is the system's, with its well-known socket", () => {
  expect(config({}, root)).toMatchObject({
    directory: "/var/lib/strata",
    socket: "/run/strata/api.sock",
    isSystem: true,
  });
  expect(config({ STRATA_HOME: "/srv/s" }, root)).toMatchObject({ directory: "/srv/s", isSystem: false });
});

test("STRATA_HOME overrides, and must be absolute", () => {
  expect(config({ STRATA_HOME: "/srv/s" })).toMatchObject({ directory: "/srv/s", homeGiven: true });
  expect(codeOf(() => config({ STRATA_HOME: "s" }))).toBe("home-invalid");
  expect(config({ STRATA_HOME: "" }).homeGiven).toBe(false);
});

test("two data directories never share a socket, one always has the same", () => {
  const sockets = ["/a", "/b", "/a/"].map((home) => config({ STRATA_HOME: home }).socket);
  expect(sockets[0]).not.toBe(sockets[1]);
  expect(sockets[0]).toBe(sockets[2] ?? "");
});

test("a link to a data directory is that directory, also before it is made", () => {
  mkdirSync(join(scratch, "real"));
  symlinkSync(join(scratch, "real"), join(scratch, "link"));
  const [real, link] = ["real", "link"].map((name) => config({ STRATA_HOME: join(scratch, name, "data") }).socket);
  expect(link).toBe(real ?? "");
});

test("the socket's length does not depend on the data directory's", () => {
  expect(config({ STRATA_HOME: `/${"long/".repeat(60)}` }).socket.length).toBeLessThan(60);
});

test("a socket path has at most 107 bytes", () => {
  expect(socketPath("/x", "y".repeat(104))).toHaveLength(107);
  expect(codeOf(() => socketPath("/x", "y".repeat(105)))).toBe("socket-path-too-long");
  expect(codeOf(() => socketPath("/ä", "y".repeat(104)))).toBe("socket-path-too-long");
});

test("the runtime directory is XDG's only when that is a directory of ours", () => {
  const own = { ...user, uid: process.getuid?.() ?? 0 };
  expect(config({ XDG_RUNTIME_DIR: scratch, STRATA_HOME: "/a" }, own).socket).toStartWith(`${scratch}/strata/`);
  expect(config({ XDG_RUNTIME_DIR: scratch, STRATA_HOME: "/a" }, user).socket).toStartWith("/tmp/strata-4000000/");
});

test("a directory in /tmp that others may write is not trusted", () => {
  const own = { ...user, uid: process.getuid?.() ?? 0 };
  const place = { ...config({ STRATA_HOME: "/a" }, own), runtimeDirectory: join(scratch, "base", "key") };
  checkRuntimeDirectory(place);
  mkdirSync(join(scratch, "base"), { mode: 0o700 });
  checkRuntimeDirectory(place);
  expect(codeOf(() => checkRuntimeDirectory({ ...place, user }))).toBe("runtime-directory-unsafe");
  chmodSync(join(scratch, "base"), 0o777);
  expect(codeOf(() => checkRuntimeDirectory(place))).toBe("runtime-directory-unsafe");
  rmSync(join(scratch, "base"), { recursive: true });
  writeFileSync(join(scratch, "base"), "");
  expect(codeOf(() => checkRuntimeDirectory(place))).toBe("runtime-directory-unsafe");
});

test("--host, STRATA_HOST, STRATA_HOME and the user's own come in this order", () => {
  expect(chooseTarget(config({ STRATA_HOST: "/b.sock", STRATA_HOME: "/a" }), "unix:/c.sock")).toEqual({
    socket: "/c.sock",
    origin: "host",
  });
  expect(chooseTarget(config({ STRATA_HOST: "unix:///b.sock", STRATA_HOME: "/a" }))).toEqual({
    socket: "/b.sock",
    origin: "host",
  });
  expect(chooseTarget(config({ STRATA_HOME: "/a" }))).toMatchObject({ origin: "home", directory: "/a" });
  expect(codeOf(() => chooseTarget(config(), "example.org:22"))).toBe("host-invalid");
});

test("the configuration cannot be changed by accident", () => {
  expect(Object.isFrozen(config())).toBe(true);
});
