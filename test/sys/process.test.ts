import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemProcesses } from "../../src/sys/process.ts";

const directory = mkdtempSync(join(tmpdir(), "strata-process-"));
afterAll(() => rmSync(directory, { recursive: true }));
const never = new AbortController().signal;
const bounds = { env: { PATH: "/usr/bin:/bin" }, timeoutMs: 10_000, outputBytesMax: 4096, signal: never };
const isRoot = process.getuid?.() === 0;

const run = (script: string, more: Partial<Parameters<typeof systemProcesses.run>[1]> = {}) =>
  systemProcesses.run(["/bin/sh", "-c", script], { ...bounds, ...more });

describe("a short run", () => {
  test("gives exit code and both outputs, and inherits no environment", async () => {
    expect(await run("echo out; echo err >&2; echo $HOME; exit 3")).toEqual({
      exitCode: 3,
      stopped: false,
      stdout: "out\n\n",
      stderr: "err\n",
    });
  });
  test("ends when its time, its output or its caller says so", async () => {
    expect(await run("sleep 60", { timeoutMs: 50 })).toMatchObject({ stopped: true });
    expect(await run("while :; do echo more; done")).toMatchObject({ stopped: true });
    const controller = new AbortController();
    const running = run("sleep 60", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
  });
  test("gets no more memory than it may have", async () => {
    // The limit comes a moment after the start, so the script first waits for it.
    const script = "until [ $(ulimit -v) = 524288 ]; do :; done; echo limited";
    expect(await run(script, { memoryBytesMax: 2 ** 29 })).toMatchObject({ stdout: "limited\n" });
  });
  test("of what does not exist is an expected error", async () => {
    await expect(systemProcesses.run(["/nonexistent"], bounds)).rejects.toMatchObject({ code: "program-not-started" });
  });
  test.if(isRoot)(
    "under another account has no rights and no groups of ours, and folders only by what is handed over",
    async () => {
      const closed = join(directory, "closed");
      mkdirSync(join(closed, "folder"), { recursive: true, mode: 0o711 });
      writeFileSync(join(closed, "folder/file"), "inside\n", { mode: 0o644 });
      const script = `id -u; id -G; cat /proc/self/fd/3/file; cat ${closed}/folder/file 2>/dev/null || echo closed; ls /proc/self/fd/3 2>/dev/null || echo unlisted`;
      const account = { uid: 720_001, gid: 720_001 };
      const { stdout } = await run(script, { account, directories: [join(closed, "folder")] });
      expect(stdout).toBe("720001\n720001\ninside\nclosed\nunlisted\n");
    },
  );
  test.if(isRoot)(
    "under another account reads a file that is handed over, and cannot open it by its name",
    async () => {
      const [folder, path] = [join(directory, "handed"), join(directory, "handed/secret")];
      mkdirSync(folder, { mode: 0o711 });
      writeFileSync(path, "secret\n", { mode: 0o400 });
      const account = { uid: 720_001, gid: 720_001 };
      const script = `cat <&4; cat ${path} 2>/dev/null || echo closed; echo x 2>/dev/null >&4 || echo unwritten`;
      const { stdout } = await run(script, { account, directories: [folder], files: [path] });
      expect(stdout).toBe("secret\nclosed\nunwritten\n");
    },
  );
});

describe("a program that is talked to", () => {
  const pipe = (script: string, more = {}) =>
    systemProcesses.pipe(["/bin/sh", "-c", script], { env: bounds.env, ...more });
  const next = async (program: ReturnType<typeof pipe>) => Buffer.from((await program.read()) ?? "").toString();

  test("answers what it is asked, and ends when there is no more", async () => {
    const heard: string[] = [];
    const script = "while read word; do echo heard $word; done; echo gone >&2; exit 4";
    const program = pipe(script, { onError: (said: string) => heard.push(said) });
    program.write("one\n");
    expect(await next(program)).toBe("heard one\n");
    program.write("two\n");
    expect(await next(program)).toBe("heard two\n");
    program.endInput();
    expect(await program.read()).toBeUndefined();
    expect(await program.ended).toEqual({ exitCode: 4, stderr: "gone\n" });
    expect(heard).toEqual(["gone\n"]);
  });
  test("is held back while nobody reads, and keeps only its last words", async () => {
    const program = pipe("head -c 20000 /dev/zero | tr '\\0' x >&2; echo end >&2; while :; do echo more; done");
    expect(await next(program)).toStartWith("more\n");
    // Its pipe is full: it sleeps.
    await until(() => readFileSync(`/proc/${program.pid}/stat`, "utf8").split(" ")[2] === "S");
    program.kill();
    const { exitCode, stderr } = await program.ended;
    expect(exitCode).toBeUndefined();
    expect(stderr.length).toBe(4096);
    expect(stderr).toEndWith("xend\n");
  });
  test("that is ended gives whoever waits for it the end", async () => {
    const program = pipe("sleep 60 & sleep 60");
    const waiting = program.read();
    program.kill();
    expect(await waiting).toBeUndefined();
    await program.ended;
  });
});

describe("a detached program", () => {
  test("has a session of its own, writes to its file, and is known and ended by its identity only", async () => {
    const outputPath = join(directory, "output");
    const identity = systemProcesses.spawnDetached(["/bin/sh", "-c", "echo alive; exec sleep 60"], {
      env: bounds.env,
      outputPath,
    });
    expect(systemProcesses.facts(identity.pid)).toMatchObject({ ...identity, uid: process.getuid?.() });
    expect(systemProcesses.list().map(({ pid }) => pid)).toContain(identity.pid);
    expect(systemProcesses.kill({ ...identity, startTime: "1" }, "SIGKILL")).toBe(false);
    await until(() => readFileSync(outputPath, "utf8") === "alive\n");
    expect(readFileSync(`/proc/${identity.pid}/stat`, "utf8").split(" ")[5]).toBe(String(identity.pid));
    expect(systemProcesses.kill(identity, "SIGKILL")).toBe(true);
    await until(() => systemProcesses.facts(identity.pid) === undefined);
    expect(systemProcesses.kill(identity, "SIGKILL")).toBe(false);
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never: ${condition}`);
    await Bun.sleep(10);
  }
}
