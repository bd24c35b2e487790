/** Bad input and bad conditions, through the compiled binary: one clear error each, the right exit code, nothing left behind. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary, createHome, type Home, startMounting, withoutImageHosts, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await withoutImageHosts(home);
});
afterAll(() => home.close(), 60_000);

const positionOf = async () => Number(JSON.parse(await home.ok("daemon", "status", "--json")).log.position);

describe("what cannot be launched leaves no event, no process and no file", () => {
  test.each([
    ["an unknown verb", ["lanch", "tiny"], 1, "did you mean  strata launch"],
    ["an unknown flag", ["launch", "tiny", "--colour", "red"], 1, "--colour"],
    ["a bad name", ["launch", "tiny", "--name", "9lives"], 1, "[name-invalid]"],
    ["too little memory", ["launch", "tiny", "--memory", "1M"], 1, "[memory-too-small]"],
    ["a wrong unit", ["launch", "tiny", "--memory", "1Q"], 1, "[size-invalid]"],
    ["too small a disk", ["launch", "tiny", "--disk", "1M"], 1, "[disk-too-small]"],
    ["more memory than the host has", ["launch", "tiny", "--memory", "900T"], 1, "[memory-too-large]"],
    ["an instance that does not exist", ["start", "nobody"], 2, "[instance-not-found]"],
    ["more processors than the host can serve", ["launch", "tiny", "--cpus", "200"], 1, "[cpus-too-many]"],
    ["an image by a name that is not there", ["launch", "tinny"], 2, "did you mean  strata launch tiny"],
    ["an operation that does not exist", ["show", "77"], 2, "[operation-not-found]"],
  ] as const)("%s", async (_what, words, code, text) => {
    await home.ok("list");
    const before = await positionOf();
    const ran = await home.run(words);
    expect(ran.stderr).toContain(text);
    expect(ran.code).toBe(code);
    expect(ran.stdout).toBe("");
    expect(await positionOf()).toBe(before);
    // What the daemon asked of QEMU or of the disk may be on its way out.
    await until("the daemon alone is left", () => home.processes().length === 1);
  });

  test("a name that is a number stays what it was", async () => {
    expect((await home.run(["launch", "tiny", "--name", "007"])).stderr).toContain('"007"');
  });

  test("an image that is none", async () => {
    const path = join(home.directory, "notes.qcow2");
    writeFileSync(path, "not a disk ".repeat(10_000));
    const ran = await home.run(["launch", path, "--name", "x"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("[image-invalid]");
    expect(await home.ok("list", "--quiet")).toBe("");
    expect(readdirSync(join(home.directory, "data/images")).filter((name) => name !== "incoming")).toEqual([]);
  });

  test("a disk smaller than the image is said at the step that knows, and taken back", async () => {
    const ran = await home.run(["launch", "tiny", "--disk", "600M", "--name", "x"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("[disk-too-small]");
    expect(await home.ok("list", "--quiet")).toBe("");
    expect(await Array.fromAsync(new Bun.Glob("data/layers/*").scan(home.directory))).toEqual([]);
  });
});

test("a launch onto a disk that is nearly full is refused with the numbers, and the log goes on", async () => {
  const small = join(home.directory, "small");
  mkdirSync(small);
  const steps = `mount -t tmpfs -o size=300m tmpfs ${small}
    export STRATA_HOME=${small}/data
    ${binary} launch tiny --name x; echo "exit $?"
    ${binary} set driver.accelerator=tcg && ${binary} audit verify
    ${binary} daemon stop`;
  const child = startMounting(home, steps);
  const shown = await new Response(child.stdout).text();
  expect(shown).toContain("[no-space]");
  expect(shown).toContain("exit 2");
  expect(shown).toMatch(/^ok\s/m);
  await child.exited;
});

describe("daemons", () => {
  test("a second one for the same data refuses and names the first", async () => {
    await home.ok("list");
    const ran = await home.run(["daemon", "run"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("[daemon-running]");
    expect(ran.stderr).toContain(String(await home.daemonPid()));
  });

  test("a stranger may not open the socket", async () => {
    const { socket } = JSON.parse(await home.ok("daemon", "status", "--json"));
    const copy = join(home.directory, "strata-copy");
    copyFileSync(binary, copy);
    chmodSync(copy, 0o755);
    const stranger = Bun.spawn([copy, "list", "--host", socket], {
      env: { ...home.environment, HOME: home.directory },
      uid: 12_345,
      gid: 12_345,
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(await new Response(stranger.stderr).text()).toContain("[socket-refused]");
    expect(await stranger.exited).toBe(4);
  });

  test("a socket path that is too long is refused before anything is made", async () => {
    const long = join(home.directory, "x".repeat(100));
    mkdirSync(long);
    const ran = await home.run(["list"], { environment: { XDG_RUNTIME_DIR: long } });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("[socket-path-too-long]");
    expect(readdirSync(long)).toEqual([]);
  });

  test("who follows the feed over a daemon's death misses nothing and hears nothing twice", async () => {
    await home.ok("list");
    const feed = home.start(["events", "--follow"]);
    const heard: { position: number; type: string }[] = [];
    const reading = (async () => {
      let rest = "";
      for await (const chunk of feed.stdout.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        heard.push(...lines.map((line) => JSON.parse(line)));
        if (heard.some(({ type }) => type === "settings.changed")) return;
      }
    })();
    await until("the feed is read", () => heard.length > 0);
    process.kill(await home.daemonPid(), "SIGKILL");
    await home.ok("set", "driver.accelerator=tcg");
    await reading;
    feed.kill();
    expect(heard.map(({ position }) => position)).toEqual(heard.map((_, index) => index + 1));
    await home.ok("set", "driver.accelerator=auto");
  });

  test("none to reach is exit 3", async () => {
    const ran = await home.run(["list", "--host", join(home.directory, "nobody.sock")]);
    expect(ran.code).toBe(3);
  });
});

describe("a log with one damaged byte", () => {
  test("is named with its place, answers what it can, and is never written to", async () => {
    await home.ok("set", "driver.accelerator=tcg");
    await home.ok("daemon", "stop");
    const log = join(home.directory, "data/log/000000000001.jsonl");
    const bytes = readFileSync(log);
    const at = bytes.indexOf('"settings.changed"');
    bytes[at + 3] = 0x58;
    writeFileSync(log, bytes);
    expect((await home.run(["audit", "verify"])).code).toBe(6);
    const refused = await home.run(["set", "driver.accelerator=auto"]);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain("000000000001.jsonl");
    expect((await home.run(["list"])).code).toBe(0);
    expect(readFileSync(log)).toEqual(bytes);
  });
});
