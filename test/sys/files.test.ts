/** The real file system behind the port, and the lock on a data directory between processes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode, systemFiles as files, writeWhole } from "../../src/sys/files.ts";
import { lockDirectory } from "../../src/sys/lock.ts";

const source = join(import.meta.dir, "../../src");
let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "strata-files-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a script in a process of its own; the answer is what it prints. */
async function inOtherProcess(script: string, before: readonly string[] = []): Promise<string> {
  const child = Bun.spawn([...before, process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  await child.exited;
  return text.trim();
}

describe("files", () => {
  test("are written, read, cut and measured", async () => {
    const file = await files.open(join(directory, "plain"), "create");
    await file.write(Buffer.from("hello world"), 0);
    await file.write(Buffer.from("there"), 6);
    await file.sync();
    expect(Buffer.from(await file.read(6, 100)).toString()).toBe("there");
    await file.truncate(5);
    expect(await file.size()).toBe(5);
    await file.close();
    expect(Buffer.from(await files.read(join(directory, "plain"))).toString()).toBe("hello");
    expect(await files.stat(join(directory, "plain"))).toMatchObject({ kind: "file", bytes: 5, mode: 0o600 });
    expect(await files.stat(join(directory, "nothing"))).toBeUndefined();
  });

  test("fail with the operating system's name of the error", async () => {
    const codeOf = (work: Promise<unknown>) => work.then(() => "none", errorCode);
    expect(await codeOf(files.open(join(directory, "absent"), "read"))).toBe("ENOENT");
    expect(await codeOf(files.open(join(directory, "plain"), "create"))).toBe("EEXIST");
  });

  test("replaced atomically have the new content and mode, and leave no temporary file", async () => {
    const path = join(directory, "whole");
    await files.writeAtomically(path, Buffer.from("one"), 0o644);
    await files.writeAtomically(path, Buffer.from("two"), 0o640);
    expect(Buffer.from(await files.read(path)).toString()).toBe("two");
    expect(await files.stat(path)).toMatchObject({ mode: 0o640 });
    expect((await files.list(directory)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("made below missing directories get them all", async () => {
    await files.makeDirectory(join(directory, "a/b/c"), 0o700);
    await files.makeDirectory(join(directory, "a/b/c"), 0o700);
    expect(await files.stat(join(directory, "a/b"))).toMatchObject({ kind: "directory", mode: 0o700 });
  });

  test.if(process.platform === "linux")(
    "reserve blocks without growing, and give them back when cut to their size",
    async () => {
      const path = join(directory, "reserved");
      const file = await files.open(path, "create");
      await file.write(Buffer.from("x"), 0);
      if (await file.reserve(1, 1 << 20)) {
        expect(statSync(path)).toMatchObject({ size: 1 });
        expect(statSync(path).blocks).toBeGreaterThanOrEqual(2048);
        await file.truncate(1);
        expect(statSync(path).blocks).toBeLessThan(64);
      }
      await file.close();
    },
  );
});

describe("a write that takes a part", () => {
  const takes = async (...counts: number[]) => {
    const from: number[] = [];
    const next = async (at: number) => {
      from.push(at);
      return counts.shift() ?? 0;
    };
    return writeWhole("/x", 10, next).then(
      () => from,
      (error: unknown) => ({ from, code: errorCode(error) }),
    );
  };
  test("is gone on with where it ended", async () => expect(await takes(4, 5, 1)).toEqual([0, 4, 9]));
  test("and then nothing is an error, and not tried for ever", async () =>
    expect(await takes(4, 0)).toEqual({ from: [0, 4], code: "EIO" }));
});

describe("the lock of a data directory", () => {
  const script = (path: string) => `
    const { lockDirectory } = await import("${source}/sys/lock.ts");
    const { systemFiles } = await import("${source}/sys/files.ts");
    try { await lockDirectory(systemFiles, "${path}"); console.log("taken " + process.pid); }
    catch (error) { console.log(error.code + ": " + error.message); }
  `;

  test("keeps a second process out and names the first", async () => {
    const lock = await lockDirectory(files, directory);
    expect(await inOtherProcess(script(directory))).toBe(
      `daemon-running: the data directory ${directory} is in use by process ${process.pid}`,
    );
    await lock.release();
    expect(await inOtherProcess(script(directory))).toStartWith("taken ");
  });

  test("ends with its process, however that ends", async () => {
    const held = join(directory, "held");
    await files.makeDirectory(held, 0o700);
    const child = Bun.spawn([process.execPath, "-e", `${script(held)}; setInterval(() => {}, 1000);`], {
      stdout: "pipe",
    });
    const { value } = await child.stdout.getReader().read();
    expect(Buffer.from(value ?? []).toString()).toStartWith("taken");
    await expect(lockDirectory(files, held)).rejects.toMatchObject({
      message: expect.stringContaining(`process ${child.pid}`),
    });
    child.kill("SIGKILL");
    await child.exited;
    await (await lockDirectory(files, held)).release();
  });
});

/** A small file system of its own, in a mount namespace that ends with the process. */
const small = (bytes: string) => [
  "unshare",
  "-m",
  "sh",
  "-c",
  `mount -t tmpfs -o size=${bytes} none "$0" && exec "$@"`,
];
const canMount =
  process.platform === "linux" && Bun.spawnSync([...small("1m"), directory || tmpdir(), "true"]).exitCode === 0;

test.if(canMount)(
  "on a file system that is really full, the reserved blocks take a thousand more records",
  async () => {
    const script = `
    const { openLog } = await import("${source}/events/store/log.ts");
    const { systemFiles } = await import("${source}/sys/files.ts");
    const { systemClock } = await import("${source}/sys/clock.ts");
    const { systemIds } = await import("${source}/sys/ids.ts");
    const { writeFileSync } = await import("node:fs");
    const { log } = await openLog({ directory: "${directory}/data", files: systemFiles, clock: systemClock, ids: systemIds });
    const by = { kind: "user", id: "unix:1000", name: "ann", role: "admin", via: "unix" };
    const append = (count) => log.append({ command: "c" + count, by, events: [{ type: "a.b", version: 1, stream: "a/b", data: { count } }] }).durable;
    await append(0);
    let full = "";
    for (let bytes = 1 << 20; bytes >= 1; bytes >>= 1) for (;;) {
      try { writeFileSync("${directory}/fill", Buffer.alloc(bytes), { flag: "a" }); } catch (error) { full = error.code; break; }
    }
    for (let count = 1; count <= 1000; count++) await append(count);
    console.log(full, log.mode().kind);
  `;
    expect(await inOtherProcess(script, [...small("8m"), directory])).toBe("ENOSPC writable");
  },
);
