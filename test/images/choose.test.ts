/** What a name means, with hosts that are there, away, old or wrong. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCatalog } from "../../src/images/catalog.ts";
import { askAll, chooseImage, shownName, suggestion } from "../../src/images/choose.ts";
import { createDebianHost } from "../../src/images/debian.ts";
import type { ImageHost } from "../../src/images/host.ts";
import { folderAsHost } from "../../src/images/hosts.ts";
import { createSimplestreams } from "../../src/images/simplestreams.ts";
import { createWeb } from "../../src/images/web.ts";
import { UserError } from "../../src/errors.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles as files } from "../../src/sys/files.ts";
import { cleartextFrom, generate } from "./keys.ts";
import { startServer, type TestServer } from "./server.ts";
import { streamFiles, streamTexts, type StreamProduct, ubuntuProducts } from "./streams.ts";

let directory = "";
let server: TestServer;
let nowMs = Date.UTC(2026, 10, 20);
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "strata-choose-"));
  server = await startServer({ ...(await streamFiles("/releases")), ...(await streamFiles("/daily")) });
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const clock = { ...systemClock, now: () => new Date(nowMs), monotonicMs: () => nowMs };
const away = createSimplestreams({ name: "lab", root: "http://127.0.0.1:1" });

async function until(isTrue: () => boolean): Promise<void> {
  for (let looks = 0; !isTrue(); looks++) {
    if (looks > 1_000) throw new Error("it did not come to that");
    await Bun.sleep(5);
  }
}

function setUp(keyrings: readonly Uint8Array[] = []) {
  const web = createWeb({ files });
  const catalog = createCatalog({
    directory: join(directory, "catalog"),
    files,
    clock,
    web,
    architecture: "amd64",
    keyrings: async () => keyrings,
  });
  const release = createSimplestreams({ name: "release", root: `${server.root}/releases` });
  const daily = createSimplestreams({ name: "daily", root: `${server.root}/daily` });
  const debian = createDebianHost("debian", `${server.root}/debian`);
  const all = { catalog, outside: { proxies: {} }, signal: new AbortController().signal };
  const choose = (name: string, hosts: ImageHost[] = [release, daily, debian]) =>
    chooseImage(name, { ...all, hosts, folder: folderAsHost(join(directory, "beside")), nowMs });
  return { choose, catalog, release, daily, debian, all };
}

/** The tree that stands beside the executable. */
function putFolder(): void {
  const debian: StreamProduct = {
    os: "debian",
    aliases: "debian,bookworm,12,debian-12",
    release: "bookworm",
    title: "Debian 12",
    version: "12",
    versions: { "20261101": { "disk1.img": { path: "debian-12.qcow2", sha256: "d".repeat(64), size: 7 } } },
  };
  const { index, list } = streamTexts([debian]);
  mkdirSync(join(directory, "beside/streams/v1"), { recursive: true });
  writeFileSync(join(directory, "beside/streams/v1/index.json"), index);
  writeFileSync(join(directory, "beside/streams/v1/com.ubuntu.cloud:released:download.json"), list);
}

describe("a caller who leaves", () => {
  test("is let go at once; another who asks the same host gets its list", async () => {
    const { catalog, release, all } = setUp();
    server.files.set("/releases/streams/v1/index.json", { body: "{}", stallAfter: 1 });
    const [leaving, staying] = [new AbortController(), new AbortController()];
    const left = catalog.offers(release, { ...all, signal: leaving.signal });
    const stayed = catalog.offers(release, { ...all, signal: staying.signal });
    left.catch(() => undefined);
    await until(() => server.asked.length > 0);
    leaving.abort(new UserError("cancelled", "enough"));
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    expect(server.asked).toHaveLength(1);
    staying.abort(new UserError("cancelled", "enough too"));
    await expect(stayed).rejects.toMatchObject({ message: "enough too" });
    // Nobody waits any more: the next one asks anew, and is not told of the failure of a question that was given up.
    for (const [path, served] of Object.entries(await streamFiles("/releases"))) server.files.set(path, served);
    expect((await catalog.offers(release, all)).offers.length).toBeGreaterThan(0);
  });

  test("one who asks nobody gets what is there, however old, and never a request", async () => {
    const { catalog, release, all } = setUp();
    await expect(catalog.offers(release, { ...all, isOffline: true })).rejects.toMatchObject({
      code: "image-host-unreachable",
    });
    expect(server.asked).toEqual([]);
    await catalog.offers(release, all);
    const asked = server.asked.length;
    nowMs += 30 * 86_400_000;
    expect((await catalog.offers(release, { ...all, isOffline: true })).offers.length).toBeGreaterThan(0);
    expect(server.asked).toHaveLength(asked);
  });
});

describe("a name", () => {
  test.each(["24.04", "noble", "lts", "release:noble"])("%s means the release host's", async (name) => {
    const { offer, notes } = await setUp().choose(name);
    expect([offer.host, offer.release, notes]).toEqual(["release", "24.04", []]);
  });

  test("with a host is asked for there alone", async () => {
    const { offer } = await setUp().choose("daily:jammy");
    expect([offer.host, offer.title, shownName(offer)]).toEqual(["daily", "Ubuntu 22.04 LTS", "daily:22.04"]);
    expect(server.asked.every((line) => line.includes("/daily/"))).toBe(true);
  });

  test("that one host claims is asked for at no other built-in one", async () => {
    server.files.set("/debian/trixie/latest/SHA512SUMS", { body: `${"a".repeat(128)}  debian-13-generic-amd64.qcow2` });
    expect((await setUp().choose("debian")).offer.title).toBe("Debian 13");
    expect(server.asked.every((line) => line.includes("/debian/"))).toBe(true);
  });

  test("that is nearly right gets a suggestion", async () => {
    await expect(setUp().choose("jammmy")).rejects.toMatchObject({
      code: "image-not-found",
      message: 'no image "jammmy"',
      hints: [
        ["did you mean", "jammy (Ubuntu 22.04 LTS)"],
        ["next", "strata find"],
      ],
    });
  });

  test("of a host that there is not gets its hosts", async () => {
    await expect(setUp().choose("dialy:noble")).rejects.toMatchObject({
      code: "image-host-unknown",
      exit: 1,
      hints: expect.arrayContaining([["did you mean", "daily"]]),
    });
  });
});

describe("hosts that are away", () => {
  test("are passed over when a later one has it", async () => {
    const { choose, release } = setUp();
    expect((await choose("noble", [away, release])).offer.host).toBe("release");
  });

  test("leave the folder beside the executable, and that is said", async () => {
    putFolder();
    const { choose } = setUp();
    const { offer, notes } = await choose("debian", [createDebianHost("debian", "http://127.0.0.1:1")]);
    expect(offer).toMatchObject({
      host: "folder",
      title: "Debian 12",
      url: `file://${directory}/beside/debian-12.qcow2`,
    });
    expect(notes).toEqual([
      "127.0.0.1:1 cannot be reached: nothing listens there\nthe image beside the program is taken",
    ]);
  });

  test("all of them, without a folder, name the ways out", async () => {
    await expect(setUp().choose("noble", [away])).rejects.toMatchObject({
      code: "image-host-unreachable",
      hints: [
        ["next", "strata launch file:///PATH/OF/IMAGE.qcow2"],
        ["or", expect.stringContaining("images.mirror")],
      ],
    });
  });

  test("and a folder with another image name that one", async () => {
    putFolder();
    await expect(setUp().choose("noble", [away])).rejects.toMatchObject({
      code: "image-host-unreachable",
      hints: expect.arrayContaining([["next", "strata launch debian"]]),
    });
  });

  test("what only the folder has needs no host to fail", async () => {
    putFolder();
    const { choose, release } = setUp();
    expect((await choose("debian-12", [release])).notes).toEqual([]);
    expect((await choose("folder:12")).offer.host).toBe("folder");
  });
});

describe("a list", () => {
  test("is asked for once in six hours, also by the next daemon", async () => {
    await setUp().choose("noble");
    await setUp().choose("jammy");
    expect(server.asked.length).toBe(2);
    nowMs += 6 * 3_600_000 + 1;
    await setUp().choose("noble");
    expect(server.asked.length).toBe(4);
  });

  test("that is old is used when its host is away, and its age is said", async () => {
    await setUp().choose("noble");
    nowMs += 3 * 86_400_000;
    for (const path of server.files.keys()) server.files.set(path, { body: "", status: 503 });
    const { offer, notes } = await setUp().choose("noble");
    expect(offer.release).toBe("24.04");
    expect(notes.join()).toContain("its list of 3 d ago is used (release)");
  });

  test("that a host has lost all sense of does not take the place of the old one", async () => {
    await setUp().choose("noble");
    nowMs += 86_400_000;
    for (const path of server.files.keys()) server.files.set(path, { body: "<html>captive portal</html>" });
    expect((await setUp().choose("noble")).offer.release).toBe("24.04");
  });

  test("that was taken unsigned is not used once a key is trusted, and a wrong signature ends it", async () => {
    const [ours, theirs] = [await generate("ours"), await generate("theirs")];
    await setUp().choose("noble");
    await expect(setUp([ours.binary]).choose("noble")).rejects.toMatchObject({ code: "image-signature-invalid" });
    for (const [path, file] of Object.entries(
      await streamFiles("/releases", ubuntuProducts, (text) => cleartextFrom(theirs, text)),
    ))
      server.files.set(path, file);
    await expect(setUp([ours.binary]).choose("noble")).rejects.toMatchObject({ code: "image-signature-invalid" });
    expect((await setUp([ours.binary, theirs.binary]).choose("noble")).offer.signedBy).toBe(theirs.fingerprint);
  });

  test("that cannot be kept or was damaged on disk is fetched", async () => {
    await setUp().choose("noble");
    for (const name of readdirSync(join(directory, "catalog"))) writeFileSync(join(directory, "catalog", name), "{");
    expect((await setUp().choose("noble")).offer.release).toBe("24.04");
    rmSync(join(directory, "catalog"), { recursive: true });
    writeFileSync(join(directory, "catalog"), "in the way");
    expect((await setUp().choose("noble")).offer.release).toBe("24.04");
  });

  test("that is too long is refused", async () => {
    server.files.set("/releases/streams/v1/index.json", { body: " ".repeat(2 ** 20 + 1) });
    await expect(setUp().choose("release:noble")).rejects.toMatchObject({
      code: "image-host-unreachable",
      message: expect.stringContaining("longer than"),
    });
  });
});

test("everybody is asked at once, and who is away is told of beside the others", async () => {
  const { release, all } = setUp();
  const asked = await askAll([release, away], all);
  expect(asked.map(({ host, shelf, error }) => [host.name, shelf?.offers.length, error?.code])).toEqual([
    ["release", 4, undefined],
    ["lab", undefined, "image-host-unreachable"],
  ]);
});

test("one letter suggests nothing", () => {
  expect(suggestion("m", [])).toBeUndefined();
});
