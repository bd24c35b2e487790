/** The client and the real daemon: started by need, once, apart from its starter; asked after, killed, stopped. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DaemonStatus } from "../../src/model/view.ts";
import { startCli } from "./stand-in.ts";

const scratch = mkdtempSync(join(tmpdir(), "strata-daemon-"));
const home = join(scratch, "data");
const place = {
  STRATA_HOME: home,
  XDG_RUNTIME_DIR: scratch,
  XDG_CONFIG_HOME: scratch,
  BUN_OPTIONS: "",
  NODE_OPTIONS: "--no-warnings",
};
const run = (...argv: string[]) => startCli(argv, place).result();
const status = async () =>
  JSON.parse((await run("daemon", "status", "--json")).stdout) as DaemonStatus & { schema: number };

afterAll(async () => {
  await run("daemon", "stop");
  rmSync(scratch, { recursive: true, force: true });
});

test("two clients at once start one daemon", async () => {
  const [one, two] = await Promise.all([run("list"), run("list")]);
  expect([one.code, two.code]).toEqual([0, 0]);
  expect(one.stderr + two.stderr).toContain("first start: daemon of ");
  const { pid, directory, socket, version } = await status();
  expect({ directory, version }).toEqual({ directory: home, version: "0.1.0" });
  expect(statSync(socket).isSocket()).toBe(true);
  expect((await run("-v", "list")).stderr).toContain(`pid ${pid}`);
}, 60_000);

test("it lives apart from its starter, with an environment of its own", async () => {
  const { pid } = await status();
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  expect(Number(fields[3])).toBe(pid);
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe("/");
  expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toMatch(/BUN_OPTIONS|NODE_OPTIONS|STRATA_REASON/);
  expect(statSync(join(home, "daemon.log")).mode & 0o777).toBe(0o600);
  expect(readlinkSync(`/proc/${pid}/fd/0`)).toBe("/dev/null");
}, 60_000);

test("a seal is made, checked against, proved with and exported, without the daemon's help", async () => {
  const seal = await run("audit", "seal");
  expect(seal.code).toBe(0);
  expect(seal.stdout.split("\n")).toHaveLength(6);
  const kept = join(scratch, "kept.seal");
  await Bun.write(kept, seal.stdout);
  const found = JSON.parse((await run("audit", "verify", "--seal", kept, "--json")).stdout);
  expect(found).toMatchObject({ result: "ok", seals: { kept: { holds: true }, keys: 1 } });
  await Bun.write(join(scratch, "proof.json"), (await run("audit", "prove", "1")).stdout);
  expect((await run("audit", "export", "--bundle", join(scratch, "bundle"))).code).toBe(0);
  const verifier = join(scratch, "bundle", "verify.py");
  for (const words of [[], ["--proof", join(scratch, "proof.json")], ["--seal", kept]])
    expect(Bun.spawnSync(["python3", "-B", verifier, ...words]).exitCode).toBe(0);
  await Bun.write(kept, seal.stdout.replace(/^strata\/l-.*/, "no seal"));
  expect(await run("audit", "verify", "--seal", kept)).toMatchObject({ code: 1 });
}, 60_000);

test("events are exported as the lines that they are, or as rows, from a position or a time on", async () => {
  const all = (await run("audit", "export")).stdout;
  expect(all).toBe((await run("audit", "cat")).stdout);
  const lines = all.trimEnd().split("\n");
  expect((await run("audit", "export", "--since", "2", "--format", "jsonl")).stdout).toBe(
    `${lines.slice(1).join("\n")}\n`,
  );
  expect((await run("audit", "export", "--since", "1h")).stdout).toBe(all);
  expect((await run("audit", "export", "--since", "2099-01-01")).stdout).toBe("");
  const [header, first, ...rest] = (await run("audit", "export", "--format", "csv")).stdout.trimEnd().split("\n");
  expect(header).toBe("position,time,type,stream,revision,operation,command,who,by,via,reason,data,hash");
  expect(first).toMatch(/^1,\d{4}-.*Z,log\.segment,log\/l-[0-9a-f]+,1,,[^,]+,strata,daemon,internal,,"\{""format"":1,/);
  expect(rest).toHaveLength(lines.length - 1);
  for (const [words, code] of [
    [["--format", "yaml"], "format-unfit"],
    [["--since", "2", "--bundle", join(scratch, "part")], "option-unwanted"],
    [["--since", "soon"], "time-invalid"],
  ] as const)
    expect((await run("audit", "export", ...words)).stderr).toContain(`[${code}]`);
}, 60_000);

test("a history that is not the one seen before ends every call with exit code 6, until it is forgotten", async () => {
  expect((await run("list")).code).toBe(0);
  const memory = join(scratch, "strata", "seals.json");
  const remembered = JSON.parse(readFileSync(memory, "utf8"));
  const [socket = ""] = Object.keys(remembered);
  const { note } = remembered[socket];
  const longer = note.replace(/\n\d+\n/, "\n999999\n");
  await Bun.write(memory, JSON.stringify({ [socket]: { ...remembered[socket], note: longer } }));
  const refused = await run("list");
  expect(refused.code).toBe(6);
  expect(refused.stderr).toContain("[log-not-consistent]");
  expect((await run("daemon", "status")).code).toBe(0);
  expect((await run("audit", "verify")).code).toBe(0);
  expect((await run("audit", "forget")).code).toBe(0);
  expect((await run("list")).code).toBe(0);
}, 60_000);

test("where seals are sent is a setting of a few forms", async () => {
  for (const wrong of ["journal", "file:relative", "file:/ends/", "exec:", "exec: "])
    expect(await run("set", `audit.anchor=${wrong}`)).toMatchObject({ code: 1 });
  const path = join(scratch, "anchor");
  expect((await run("set", `audit.anchor=file:${path}`)).code).toBe(0);
  const { stdout } = await run("audit", "seal");
  const deadline = Date.now() + 30_000;
  while (!(await Bun.file(path).exists()) && Date.now() < deadline) await Bun.sleep(20);
  expect(readFileSync(path, "utf8")).toContain(stdout);
  expect((await run("daemon", "status")).stdout).toContain(`file:${path}`);
}, 60_000);

test("events are sent on to where a setting of a few forms says, and the daemon tells how that goes", async () => {
  for (const wrong of ["journald", "file:relative", "file:/", "exec:", "exec: ", "syslog:x"])
    expect(await run("set", `audit.sink=${wrong}`)).toMatchObject({ code: 1 });
  const path = join(scratch, "events");
  expect((await run("set", `audit.sink=file:${path}`)).code).toBe(0);
  const deadline = performance.now() + 30_000;
  while ((await status()).sink?.behind !== 0 && performance.now() < deadline) await Bun.sleep(20);
  expect((await run("daemon", "status")).stdout).toMatch(new RegExp(`^sink +file:${path}, every event sent$`, "m"));
  const first = JSON.parse(readFileSync(path, "utf8").split("\n")[0] ?? "");
  expect(first).toMatchObject({ type: "settings.changed", data: { key: "audit.sink", value: `file:${path}` } });
  expect((await run("audit", "export", "--since", String(first.position))).stdout).toBe(readFileSync(path, "utf8"));
}, 60_000);

test("a file that is no image is refused, and nothing is recorded or kept of it", async () => {
  const before = (await status()).log.position;
  await Bun.write(join(scratch, "junk.img"), "no image ".repeat(200));
  const { code, stderr } = await run("launch", join(scratch, "junk.img"));
  expect(code).toBe(2);
  expect(stderr).toContain("[image-invalid]");
  expect((await status()).log.position).toBe(before);
  expect(readdirSync(join(home, "images", "incoming"))).toEqual([]);
}, 60_000);

test("a second daemon is refused, and names the first", async () => {
  const { pid } = await status();
  const { code, stderr } = await run("daemon", "run");
  expect(code).toBe(2);
  expect(stderr).toContain(String(pid));
  expect(stderr).toContain("[daemon-running]");
}, 60_000);

test("after kill -9 the next command has a daemon again", async () => {
  const { pid, log } = await status();
  process.kill(pid, "SIGKILL");
  expect((await run("list")).code).toBe(0);
  const next = await status();
  expect(next.pid).not.toBe(pid);
  expect(next.log.id).toBe(log.id);
}, 60_000);

test("stop ends it, and says so; a second stop has nothing to do", async () => {
  const { pid } = await status();
  expect((await run("daemon", "stop")).stderr).toBe(`Stopped: daemon, pid ${pid}\n`);
  expect((await run("daemon", "status")).code).toBe(3);
  expect(await run("daemon", "stop")).toMatchObject({ code: 0, stderr: "No daemon is running.\n" });
}, 60_000);

test("its log is verified without it", async () => {
  const { code, stdout } = await run("audit", "verify", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ schema: 1, result: "ok", isIntact: true });
  expect((await run("audit", "cat")).stdout.split("\n")[0]).toContain('"type":"log.segment"');
  expect((await run("daemon", "status")).code).toBe(3);
}, 60_000);

test("a damaged log stops changes, not questions, and audit names the place", async () => {
  const log = join(home, "log", "000000000001.jsonl");
  const bytes = readFileSync(log);
  bytes[bytes.indexOf("log.segment")] = 0x58;
  await Bun.write(log, bytes);
  const verified = await run("audit", "verify");
  expect(verified.code).toBe(6);
  expect(verified.stdout).toStartWith("damaged ");
  expect((await run("list")).code).toBe(0);
  const launch = await run("set", "driver.accelerator=tcg");
  expect(launch.code).toBe(6);
  expect(launch.stderr).toContain("\nerror: ");
}, 60_000);

test.if(process.getuid?.() === 0)(
  "a socket that may not be opened is refused with the way in",
  async () => {
    const { socket } = await status();
    const nobody = 65_534;
    const program = [process.execPath, `${import.meta.dir}/../../src/main.ts`, "list"];
    const child = Bun.spawn(["/bin/sh", "-c", 'exec "$0" "$@"', ...program], {
      env: { PATH: process.env["PATH"], HOME: "/", STRATA_HOST: socket },
      uid: nobody,
      gid: nobody,
      stdout: "pipe",
      stderr: "pipe",
    });
    const said = await new Response(child.stderr).text();
    // A checkout that nobody may read cannot run as nobody: then there is nothing to see.
    if (!said.startsWith("error: ")) return;
    expect(await child.exited).toBe(4);
    expect(said).toContain("[socket-refused]");
    expect(said).toContain("usermod -aG strata");
  },
  60_000,
);
