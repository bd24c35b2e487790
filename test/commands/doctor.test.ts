/** `strata doctor` as a program: with a healthy daemon, a harmed one, an old one, a silent one, and none. */
import { afterAll, afterEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examine } from "../../src/client/doctor.ts";
import { chooseTarget, otherDaemons, readConfig } from "../../src/config.ts";
import type { Check } from "../../src/model/check.ts";
import { startCli, startStandIn } from "./stand-in.ts";

const scratch = mkdtempSync(join(tmpdir(), "strata-doctor-"));
const home = join(scratch, "data");
const place = { STRATA_HOME: home, XDG_RUNTIME_DIR: scratch, HOME: scratch, PATH: process.env["PATH"] ?? "" };
const run = (...argv: string[]) => startCli(argv, place).result();

async function doctor(environment: Record<string, string> = place) {
  const { code, stdout } = await startCli(["doctor", "--json"], environment).result();
  const { result, checks } = JSON.parse(stdout) as { result: string; checks: Check[] };
  const troubles = checks.filter(({ verdict }) => verdict !== "ok").map(({ name }) => name);
  return { code, result, checks, troubles, of: (name: string) => checks.find((check) => check.name === name) };
}

const undo: (() => void)[] = [];
afterEach(() => undo.splice(0).forEach((each) => each()));
afterAll(async () => {
  await run("daemon", "stop");
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

test("without a daemon it says its part, and starts none", async () => {
  const { code, of } = await doctor();
  expect(code).toBe(0);
  expect(of("daemon")?.found).toContain("no daemon running");
  expect(of("data")?.verdict).toBe("ok");
  expect((await run("daemon", "status")).code).toBe(3);
}, 60_000);

test("a healthy daemon fails in nothing", async () => {
  await run("list");
  const { code, checks, of } = await doctor();
  expect(checks.filter(({ verdict }) => verdict === "fail")).toEqual([]);
  expect(code).toBe(0);
  expect(of("log")?.found).toContain("writable");
}, 60_000);

test("each fault is found, with exit 2 and a next command, and nothing is changed", async () => {
  const id = "019a0000-0000-7000-8000-0000000000ff";
  const machine = Bun.spawn(
    ["sh", "-c", "read line", "sh", "-name", `${id},process=strata-000000ff`, `${home}/instances/${id}/x`],
    { stdin: "pipe" },
  );
  undo.push(() => machine.kill());
  const { socket } = JSON.parse((await run("daemon", "status", "--json")).stdout) as { socket: string };
  chmodSync(socket, 0o666);
  chmodSync(home, 0o777);
  mkdirSync(join(home, "layers"), { recursive: true });
  writeFileSync(join(home, "layers/lost.qcow2"), "x");
  undo.push(() => {
    chmodSync(socket, 0o600);
    chmodSync(home, 0o711);
    rmSync(join(home, "layers"), { recursive: true });
  });
  const { code, result, troubles, of } = await doctor();
  expect([code, result]).toEqual([2, "fail"]);
  expect(troubles).toEqual(expect.arrayContaining(["data", "sockets", "processes", "disks"]));
  expect(of("processes")?.next).toBe(`kill ${machine.pid}`);
  expect(readFileSync(join(home, "layers/lost.qcow2"), "utf8")).toBe("x");
}, 60_000);

test("a socket that is left of a dead daemon, and a damaged log", async () => {
  for (const value of ["tcg", "auto"]) await run("set", `driver.accelerator=${value}`);
  const { pid } = JSON.parse((await run("daemon", "status", "--json")).stdout) as { pid: number };
  process.kill(pid, "SIGKILL");
  expect((await doctor()).of("sockets")).toMatchObject({ verdict: "warn", next: "strata list" });
  const log = join(home, "log/000000000001.jsonl");
  const bytes = readFileSync(log);
  writeFileSync(log, bytes.toString().replace("log.segment", "log.segmenX"));
  undo.push(() => writeFileSync(log, bytes));
  expect((await doctor()).of("log")).toMatchObject({ verdict: "fail", next: "strata audit verify" });
}, 60_000);

test("a daemon of another version, and one that is too old to be asked", async () => {
  const old = startStandIn({ "daemon.doctor": () => ({ checks: [] }) }, "0.0.9");
  undo.push(() => old.stop());
  const { of } = await doctor({ ...place, STRATA_HOST: old.socket });
  expect(of("daemon")).toMatchObject({ verdict: "warn", next: "strata daemon stop" });
  const older = startStandIn({}, "0.0.8");
  undo.push(() => older.stop());
  expect((await doctor({ ...place, STRATA_HOST: older.socket })).of("answers")?.verdict).toBe("fail");
}, 60_000);

test("a daemon that takes calls and says nothing is told from none", async () => {
  const silent = join(scratch, "silent.sock");
  const listening = Bun.listen({ unix: silent, socket: { data: () => undefined } });
  undo.push(() => listening.stop(true));
  const { code, of } = await doctor({ ...place, STRATA_HOST: silent });
  expect(code).toBe(2);
  expect(of("daemon")).toMatchObject({ verdict: "fail", next: "strata daemon stop" });
  const { of: ofNone } = await doctor({ ...place, STRATA_HOST: join(scratch, "none.sock") });
  expect(ofNone("daemon")?.verdict).toBe("fail");
}, 60_000);

test("another daemon of the same user is named", async () => {
  const own = join(scratch, ".local/share/strata");
  mkdirSync(own, { recursive: true });
  const user = { uid: 1000, gid: 1000, name: "user", home: scratch };
  const config = readConfig({ STRATA_HOME: home, XDG_RUNTIME_DIR: scratch }, user);
  const checks = await examine(config, chooseTarget(config), "0.1.0");
  expect(checks.find(({ name }) => name === "other daemons")).toMatchObject({
    verdict: "warn",
    found: expect.stringContaining(`your own, with data in ${own}`),
  });
  // The machine may have a system's daemon too, which is named first.
  expect(otherDaemons(config, chooseTarget(config)).at(-1)?.next).toBe(`STRATA_HOME=${own} strata list`);
}, 60_000);
