/** Downloads against a server that does everything wrong. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import { createDownloads, type DownloadOptions } from "../../src/images/download.ts";
import { createVault, type Inspect } from "../../src/images/vault.ts";
import { createWeb } from "../../src/images/web.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { type Files, systemFiles } from "../../src/sys/files.ts";
import { sha256Hex } from "../../src/sys/hash.ts";
import { systemIds as ids } from "../../src/sys/ids.ts";
import { startServer, takenInto, type TestServer } from "./server.ts";
import { xz } from "./xz.ts";

const body = new Uint8Array(3_000_000).map((_, index) => (index * 7) % 251);
const digest = `sha256:${sha256Hex(body)}`;
const sha512 = `sha512:${new Bun.CryptoHasher("sha512").update(body).digest("hex")}`;
const inspect: Inspect = async () => ({ format: "qcow2", virtualSize: 2 ** 30 });
/** Pauses between tries pass at once; how long a server may be silent does not. */
const clock = { ...systemClock, sleep: async () => {} };

let directory = "";
let server: TestServer;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "strata-download-"));
  const taken = takenInto(join(directory, "images/partial"));
  server = await startServer({ "/image.qcow2": { body, etag: '"one"' } }, { taken });
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

function setUp(files: Files = systemFiles, look: Inspect = inspect) {
  const vault = createVault({ directory: join(directory, "images"), files, ids });
  const web = createWeb({ files, limits: { connectMs: 1_000, headMs: 2_000, idleMs: 1_000 } });
  const downloads = createDownloads({
    directory: join(directory, "images/partial"),
    files,
    clock,
    web,
    vault,
    inspect: look,
  });
  const said: string[] = [];
  const seen = { done: 0, total: 0, begun: [] as (number | undefined)[] };
  const options = (signal = new AbortController().signal): DownloadOptions => ({
    outside: { proxies: {} },
    signal,
    progress: (done, total) => Object.assign(seen, { done, total }),
    say: (line) => said.push(line),
    extracting: () => said.push("extracting"),
    begins: (total, kept) => (seen.begun = [total, kept]),
  });
  return { downloads, vault, said, seen, options };
}
const wanted = (more: object = {}) => ({ url: `${server.root}/image.qcow2`, digest, bytes: body.length, ...more });
const file = () => server.files.get("/image.qcow2") as NonNullable<ReturnType<TestServer["files"]["get"]>>;
const kept = () => readdirSync(join(directory, "images/partial"));
const stored = () => readFileSync(join(directory, "images", `${sha256Hex(body)}.qcow2`));

describe("a download", () => {
  test("says its size first, reports progress, verifies, and leaves nothing but the image", async () => {
    const { downloads, seen, options } = setUp();
    const image = await downloads.bring(wanted(), options());
    expect(image).toMatchObject({
      sha256: sha256Hex(body),
      bytes: body.length,
      format: "qcow2",
      virtualSize: 2 ** 30,
      mark: '"one"',
    });
    expect(seen).toEqual({ done: body.length, total: body.length, begun: [body.length, 0] });
    expect(Buffer.compare(stored(), body)).toBe(0);
    expect(kept()).toEqual([]);
  });

  test("is verified by SHA-512 where that is promised", async () => {
    const { downloads, options } = setUp();
    expect((await downloads.bring(wanted({ digest: sha512 }), options())).sha256).toBe(sha256Hex(body));
    const wrong = wanted({ digest: `sha512:${"0".repeat(128)}` });
    await expect(downloads.bring(wrong, options())).rejects.toMatchObject({ code: "image-checksum-mismatch" });
  });

  test("needs neither size nor digest, and marks are handed on", async () => {
    const { downloads, options, seen } = setUp();
    file().chunked = true;
    const image = await downloads.bring({ url: `${server.root}/image.qcow2` }, options());
    expect([image.sha256, image.mark, seen.total]).toEqual([sha256Hex(body), '"one"', 0]);
  });

  test("that was packed by the server is unpacked", async () => {
    const { downloads, options } = setUp();
    file().gzip = true;
    expect((await downloads.bring(wanted(), options())).bytes).toBe(body.length);
    expect(server.headers[0]?.["accept-encoding"]).toBe("identity");
  });

  test("wanted twice at once comes once", async () => {
    const { downloads, options } = setUp();
    const both = await Promise.all([downloads.bring(wanted(), options()), downloads.bring(wanted(), options())]);
    expect(both[0]).toEqual(both[1]);
    expect(server.asked).toEqual(["GET /image.qcow2"]);
  });

  test("goes on for the one who stays when the other leaves", async () => {
    const { downloads, options } = setUp();
    file().stallAfter = 100_000;
    const leaving = new AbortController();
    const first = downloads.bring(wanted(), options(leaving.signal));
    const second = downloads.bring(wanted(), options());
    leaving.abort(new UserError("cancelled", "left"));
    await expect(first).rejects.toMatchObject({ code: "cancelled" });
    delete file().stallAfter;
    expect((await second).bytes).toBe(body.length);
  });
});

describe("a download of a compressed image", () => {
  const packed = xz(body);
  const compressed = () => ({
    url: `${server.root}/image.qcow2`,
    digest: `sha256:${sha256Hex(packed)}`,
    bytes: packed.length,
  });

  test("is verified as it came, also when it came in parts, and stored as what is in it", async () => {
    const { downloads, options, said, seen } = setUp();
    Object.assign(file(), { body: packed, cutAfter: [100] });
    const image = await downloads.bring(compressed(), options());
    expect(server.asked).toEqual(["GET /image.qcow2", "GET /image.qcow2 bytes=100-"]);
    expect(image).toMatchObject({ sha256: sha256Hex(body), bytes: body.length, mark: '"one"' });
    expect(seen).toMatchObject({ done: packed.length, total: packed.length });
    expect(said.at(-1)).toBe("extracting");
    expect(Buffer.compare(stored(), body)).toBe(0);
    expect(kept()).toEqual([]);
  });

  test("is kept when its user gives up while it is unpacked; nothing is asked for again then", async () => {
    const { downloads, options } = setUp();
    file().body = packed;
    const user = new AbortController();
    const extracting = () => user.abort(new UserError("cancelled", "by the user"));
    const coming = downloads.bring(compressed(), { ...options(user.signal), extracting });
    await expect(coming).rejects.toMatchObject({ code: "cancelled" });
    expect(kept().length).toBe(2);
    server.asked.length = 0;
    await downloads.bring(compressed(), options());
    expect(server.asked).toEqual([]);
    expect(kept()).toEqual([]);
  });

  test("that was broken where it lies keeps nothing", async () => {
    const { downloads, options, vault } = setUp();
    file().body = packed.subarray(0, -9);
    const coming = downloads.bring({ url: `${server.root}/image.qcow2` }, options());
    await expect(coming).rejects.toMatchObject({ code: "image-damaged" });
    expect([kept(), await vault.list()]).toEqual([[], []]);
  });
});

describe("a download that breaks off", () => {
  test("goes on where it was, by the mark of the content", async () => {
    const { downloads, options } = setUp();
    file().cutAfter = [1_000_000, 500_000];
    await downloads.bring(wanted(), options());
    expect(server.asked).toEqual([
      "GET /image.qcow2",
      "GET /image.qcow2 bytes=1000000-",
      "GET /image.qcow2 bytes=1500000-",
    ]);
    expect(server.headers[1]?.["if-range"]).toBe('"one"');
    expect(Buffer.compare(stored(), body)).toBe(0);
  });

  test("is kept when it fails, says so, and the next one goes on from there, also after a restart", async () => {
    const { downloads, options } = setUp();
    file().cutAfter = [1_000_000, 0, 0, 0, 0, 0];
    const failing = downloads.bring(wanted(), options());
    await expect(failing).rejects.toMatchObject({
      code: "image-download-failed",
      message: expect.stringContaining("976.6K of 2.9M are kept, and the next launch goes on from there"),
    });
    expect(kept().length).toBe(2);
    file().cutAfter = [];
    server.asked.length = 0;
    const next = setUp();
    await next.downloads.bring(wanted(), next.options());
    expect(server.asked).toEqual(["GET /image.qcow2 bytes=1000000-"]);
    expect(next.seen.begun).toEqual([body.length, 1_000_000]);
    expect(kept()).toEqual([]);
  });

  test("is kept when its user cancels, who is told", async () => {
    const { downloads, options, said, seen } = setUp();
    file().stallAfter = 1_000_000;
    const user = new AbortController();
    const coming = downloads.bring(wanted(), options(user.signal));
    while (seen.done < 1_000_000) await Bun.sleep(5);
    user.abort(new UserError("cancelled", "by the user"));
    await expect(coming).rejects.toMatchObject({ code: "cancelled" });
    expect(said).toEqual(["976.6K of 2.9M are kept, and the next launch goes on from there"]);
    expect(kept().length).toBe(2);
  });

  test("does not trust bytes beyond its record", async () => {
    const { downloads, options } = setUp();
    file().cutAfter = [1_000_000, 0, 0, 0, 0, 0];
    await downloads.bring(wanted(), options()).catch(() => undefined);
    const part = kept().find((name) => name.endsWith(".part")) ?? "";
    await Bun.write(
      join(directory, "images/partial", part),
      Buffer.concat([body.subarray(0, 1_000_000), Buffer.alloc(4096)]),
    );
    file().cutAfter = [];
    const next = setUp();
    await next.downloads.bring(wanted(), next.options());
    expect(server.asked.at(-1)).toBe("GET /image.qcow2 bytes=1000000-");
    expect(Buffer.compare(stored(), body)).toBe(0);
  });

  test("begins anew when the content has changed meanwhile, and says so", async () => {
    const { downloads, options, said } = setUp();
    file().cutAfter = [1_000_000];
    file().etag = '"old"';
    const coming = downloads.bring(wanted(), options());
    while (server.asked.length < 1) await Bun.sleep(2);
    file().etag = '"new"';
    expect((await coming).mark).toBe('"new"');
    expect(said.join("\n")).toContain("sends it from the beginning");
    expect(Buffer.compare(stored(), body)).toBe(0);
  });

  test("begins anew at a server that ignores ranges", async () => {
    const { downloads, options } = setUp();
    Object.assign(file(), { wholeOnly: true, cutAfter: [1_000_000] });
    await downloads.bring(wanted(), options());
    expect(Buffer.compare(stored(), body)).toBe(0);
  });

  test("and was mixed of two contents is fetched once from the beginning", async () => {
    const { downloads, options, said } = setUp();
    delete file().etag;
    file().cutAfter = [1_000_000];
    file().body = new Uint8Array(body.length);
    const coming = downloads.bring(wanted(), options());
    while (server.asked.length < 1) await Bun.sleep(2);
    file().body = body;
    await coming;
    expect(said.join("\n")).toContain("fetched from the beginning");
    expect(Buffer.compare(stored(), body)).toBe(0);
  });

  test("without mark and digest is never continued", async () => {
    const { downloads, options } = setUp();
    delete file().etag;
    file().cutAfter = [1_000_000];
    await downloads.bring({ url: `${server.root}/image.qcow2` }, options());
    expect(server.asked).toEqual(["GET /image.qcow2", "GET /image.qcow2"]);
    expect(Buffer.compare(stored(), body)).toBe(0);
  });

  test("because the server fell silent goes on", async () => {
    const { downloads, options, seen } = setUp();
    file().stallAfter = 1_000_000;
    const coming = downloads.bring(wanted(), options());
    while (seen.done < 1_000_000) await Bun.sleep(5);
    delete file().stallAfter;
    await coming;
    expect(server.asked.length).toBe(2);
  });

  test("weak marks are not used to go on", async () => {
    const { downloads, options } = setUp();
    Object.assign(file(), { etag: 'W/"one"', modified: "Fri, 20 Nov 2026 11:00:00 GMT", cutAfter: [1_000_000] });
    await downloads.bring(wanted(), options());
    expect(server.headers[1]?.["if-range"]).toBe("Fri, 20 Nov 2026 11:00:00 GMT");
  });
});

describe("a refused download", () => {
  const refusals: [string, string, () => object | void][] = [
    ["of another content", "image-checksum-mismatch", () => wanted({ digest: `sha256:${"0".repeat(64)}` })],
    [
      "whose server announces another size than the list",
      "image-size-mismatch",
      () => wanted({ bytes: body.length + 1 }),
    ],
    [
      "that sends more than the list says",
      "image-size-mismatch",
      () => void Object.assign(file(), { chunked: true, body: Buffer.concat([body, body]) }),
    ],
    ["that is not there", "image-not-available", () => void server.files.delete("/image.qcow2")],
    ["that redirects for ever", "image-redirect-refused", () => void (file().redirect = "/image.qcow2")],
    [
      "that is led to another kind of address",
      "image-redirect-refused",
      () => void (file().redirect = "file:///etc/passwd"),
    ],
  ];
  test.each(refusals)("%s: %s", async (_what, code, prepare) => {
    const { downloads, options } = setUp();
    const asked = (prepare() as ReturnType<typeof wanted> | undefined) ?? wanted();
    await expect(downloads.bring(asked, options())).rejects.toMatchObject({ code });
    expect(kept()).toEqual([]);
  });

  test("ends before its announced length: cut, tried again, and kept", async () => {
    const { downloads, options } = setUp();
    file().length = body.length + 100;
    const failing = downloads.bring(wanted({ bytes: undefined }), options());
    await expect(failing).rejects.toMatchObject({ code: "image-download-failed" });
  }, 60_000);

  test("of a file that is no image keeps nothing", async () => {
    const { downloads, options } = setUp(systemFiles, () => Promise.reject(new UserError("image-invalid", "no image")));
    await expect(downloads.bring(wanted(), options())).rejects.toMatchObject({ code: "image-invalid" });
    expect(kept()).toEqual([]);
  });

  test("on a disk that fills up in the middle says so and gives the space back", async () => {
    const full: Files = {
      ...systemFiles,
      async open(path, how, mode) {
        const opened = await systemFiles.open(path, how, mode);
        if (!path.endsWith(".part")) return opened;
        const write: typeof opened.write = async (bytes, offset) => {
          if (offset > 1_000_000) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
          await opened.write(bytes, offset);
        };
        return { ...opened, write };
      },
    };
    const { downloads, options } = setUp(full);
    await expect(downloads.bring(wanted(), options())).rejects.toMatchObject({ code: "no-space" });
    expect(kept()).toEqual([]);
  });

  test("larger than the space that is left is not begun", async () => {
    const { downloads, options } = setUp({
      ...systemFiles,
      space: async () => ({ freeBytes: 2 ** 28, totalBytes: 2 ** 30 }),
    });
    await expect(downloads.bring(wanted(), options())).rejects.toMatchObject({ code: "no-space" });
  });

  test("from a server that is not there is tried a few times", async () => {
    const { downloads, options } = setUp();
    await server.stop();
    await expect(downloads.bring(wanted(), options())).rejects.toMatchObject({ code: "image-host-unreachable" });
    server = await startServer();
  });
});

test("downloads that broke off go when they are a week old, and all but the newest eight", async () => {
  const { downloads, options } = setUp();
  const broken = async (name: string) => {
    server.files.set(`/${name}`, { body, cutAfter: [100_000, 0, 0, 0, 0, 0], etag: '"x"' });
    await downloads.bring({ url: `${server.root}/${name}`, digest }, options()).catch(() => undefined);
  };
  await broken("old");
  for (const name of kept()) utimesSync(join(directory, "images/partial", name), 1, 1);
  await downloads.collect();
  expect(kept()).toEqual([]);
  for (let number = 0; number < 10; number++) await broken(String(number));
  await downloads.collect();
  expect(kept().filter((name) => name.endsWith(".part")).length).toBe(8);
  expect(existsSync(join(directory, "images/partial"))).toBe(true);
});
