/** The calls about images over a world without a log: find beside hosts that are away, names and digests, removal, trust. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Caller, Daemon } from "../../src/daemon/handlers/context.ts";
import { imageHandlers } from "../../src/daemon/handlers/images.ts";
import { createCatalog } from "../../src/images/catalog.ts";
import { folderAsHost } from "../../src/images/hosts.ts";
import { createTrust } from "../../src/images/trust.ts";
import { createWeb } from "../../src/images/web.ts";
import { systemFiles as files } from "../../src/sys/files.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { generate } from "../images/keys.ts";
import { startServer, type TestServer } from "../images/server.ts";
import { streamFiles } from "../images/streams.ts";
import { facts, running, second } from "../spec.ts";
import { imageWorld, sha } from "./image-world.ts";

const caller = {
  actor: { kind: "user", id: "unix:1", name: "u", role: "admin", via: "unix" },
} as const satisfies Caller;
const used = String(facts.imageReady.data?.["sha256"]);
const nowMs = Date.parse(second(59));
const clock = { ...systemClock, now: () => new Date(nowMs) };

let directory = "";
let server: TestServer;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "strata-image-calls-"));
  server = await startServer(await streamFiles(""));
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

function setUp(images: Parameters<typeof imageWorld>[1] = [], instance: Parameters<typeof imageWorld>[0] = []) {
  const bed = imageWorld(instance, images);
  bed.world.settings = { ...bed.world.settings, "images.hosts": `lab=${server.root}` };
  const catalog = createCatalog({
    directory: join(directory, "catalog"),
    files,
    clock,
    web: createWeb({ files }),
    architecture: "amd64",
    keyrings: async () => [],
  });
  const trust = createTrust({ directory: join(directory, "keys"), files, fingerprints: () => "" });
  let next = 0;
  const daemon = {
    ...bed,
    clock,
    ids: { next: () => `c-${next++}` },
    config: { imageHosts: [], user: { uid: 1 } },
    supply: { catalog, folder: folderAsHost(join(directory, "beside")) },
    outside: async () => ({ proxies: {} }),
    trust,
    reactor: { react: () => {} },
  } as unknown as Daemon;
  return { ...bed, handlers: imageHandlers(daemon) };
}

const outside = (...hosts: string[]) => ({ hosts, proxies: {} });
const names = ({ offers }: { offers: readonly { name: string }[] }) => offers.map(({ name }) => name);

describe("image.find", () => {
  test("tells of a host that is away beside what the others have", async () => {
    const { handlers } = setUp();
    const found = await handlers["image.find"]({ force: false, outside: outside("gone=http://127.0.0.1:1") }, caller);
    expect(names(found)).toEqual(["lab:22.04", "lab:24.04", "lab:25.10"]);
    expect(found.hosts).toEqual([
      { name: "gone", failure: { code: "image-host-unreachable", message: expect.stringContaining("127.0.0.1") } },
      { name: "lab", fetchedAt: new Date(nowMs).toISOString() },
    ]);
  });

  test("shows an old list with why it is old, when its host has gone", async () => {
    const { handlers } = setUp();
    await handlers["image.find"]({ force: false }, caller);
    await server.stop();
    const found = await handlers["image.find"]({ force: true }, caller);
    expect(found.offers).toHaveLength(3);
    expect(found.hosts[0]).toMatchObject({
      name: "lab",
      fetchedAt: expect.any(String),
      failure: { code: "image-host-unreachable" },
    });
  });

  test("looks for a part of a name, also in what is not supported any more, and in one host alone", async () => {
    const { handlers } = setUp();
    expect(names(await handlers["image.find"]({ force: false, text: "KARM" }, caller))).toEqual(["lab:9.10"]);
    expect(names(await handlers["image.find"]({ force: false, host: "lab", text: "nob" }, caller))).toEqual([
      "lab:24.04",
    ]);
  });

  test("knows what is here already", async () => {
    const image = { name: "lab:24.04", sha256: sha("1"), atSecond: 1, host: "lab" };
    const { handlers } = setUp([image]);
    const { offers } = await handlers["image.find"]({ force: false }, caller);
    expect(offers.filter(({ isHere }) => isHere).map(({ name }) => name)).toEqual(["lab:24.04"]);
  });

  test("nothing found names what was meant, with the host that was named", async () => {
    const { handlers } = setUp();
    const find = (more: object) => handlers["image.find"]({ force: false, ...more }, caller);
    expect(await find({ text: "jammmy" })).toMatchObject({ offers: [], meant: "jammy (Ubuntu 22.04 LTS)" });
    expect(await find({ text: "jammmy", host: "lab" })).toMatchObject({ meant: "lab:jammy (Ubuntu 22.04 LTS)" });
  });

  test("a host that there is not is told with those that there are", async () => {
    const { handlers } = setUp();
    await expect(handlers["image.find"]({ force: false, host: "lbb" }, caller)).rejects.toMatchObject({
      code: "image-host-unknown",
      exit: 1,
      hints: [
        ["did you mean", "lab"],
        ["there are", "lab, folder"],
        ["next", "strata find"],
      ],
    });
  });

  test("offline asks nobody", async () => {
    const { handlers } = setUp();
    const offline = () => handlers["image.find"]({ force: false, isOffline: true }, caller);
    expect((await offline()).offers).toEqual([]);
    expect(server.asked).toEqual([]);
    await handlers["image.find"]({ force: false }, caller);
    const asked = server.asked.length;
    expect((await offline()).offers).toHaveLength(3);
    expect(server.asked).toHaveLength(asked);
  });
});

describe("image.remove", () => {
  const remove = (it: ReturnType<typeof setUp>, image: string) =>
    it.handlers["image.remove"]({ command: "c-1", image }, caller);

  test("is refused while in use, with the instance named; nothing is removed", async () => {
    const it = setUp([{ name: "tiny", sha256: used, atSecond: 1 }], running);
    await expect(remove(it, "tiny")).rejects.toMatchObject({
      code: "image-in-use",
      message: 'the image "tiny" is the base of web',
    });
    expect(it.removed).toEqual([]);
  });

  test("sent again by who has not heard the answer, is answered, and not asked again", async () => {
    const it = setUp([{ name: "old", sha256: sha("9"), atSecond: 1 }]);
    const first = await remove(it, "old");
    expect(await remove(it, "old")).toEqual(first);
    expect(it.asked).toHaveLength(1);
  });

  test("means the newest of a name, or the one whose digest begins so", async () => {
    const images = [
      { name: "24.04", sha256: `${"a".repeat(8)}${"1".repeat(56)}`, atSecond: 1 },
      { name: "24.04", sha256: `${"a".repeat(8)}${"2".repeat(56)}`, atSecond: 2 },
      { name: "other", sha256: sha("b"), atSecond: 3 },
    ];
    expect((await remove(setUp(images), "24.04")).sha256).toEndWith("2");
    expect((await remove(setUp(images), "AAAAAAAA1")).sha256).toEndWith("1");
    await expect(remove(setUp(images), "aaaaaa")).rejects.toMatchObject({ code: "image-ambiguous" });
    // Too short to be meant as a digest.
    await expect(remove(setUp(images), "bbbbb")).rejects.toMatchObject({ code: "image-not-found" });
    await expect(remove(setUp(images), "othr")).rejects.toMatchObject({
      hints: [
        ["did you mean", "other"],
        ["next", "strata images"],
      ],
    });
  });
});

test("image.prune removes what is unused for so long, each as a command of its own, the first as the caller's", async () => {
  const it = setUp(
    [
      { name: "old", sha256: sha("9"), atSecond: 0 },
      { name: "older", sha256: sha("b"), atSecond: 0 },
      { name: "young", sha256: sha("c"), atSecond: 58 },
      { name: "tiny", sha256: used, atSecond: 0 },
    ],
    running,
  );
  const gone = await it.handlers["image.prune"]({ command: "mine", unusedMs: 30_000, reason: "room" }, caller);
  expect(gone.map(({ name }) => name)).toEqual(["old", "older"]);
  expect(it.removed).toEqual([sha("9"), sha("b")]);
  expect(it.asked.map(({ command, reason }) => [command, reason])).toEqual([
    ["mine", "room"],
    ["c-0", "room"],
  ]);
});

test("image.prune that a crash cut short goes on under an id of its own", async () => {
  const it = setUp([{ name: "old", sha256: sha("9"), atSecond: 0 }]);
  const prune = () => it.handlers["image.prune"]({ command: "mine", unusedMs: 30_000 }, caller);
  await prune();
  const left = { sha256: sha("b"), name: "left", title: "left", bytes: 7, virtualSize: 9, format: "qcow2" } as const;
  await it.dispatcher.dispatch({ type: "add-image", ...left }, { by: caller.actor, command: "other" });
  expect((await prune()).map(({ name }) => name)).toEqual(["left"]);
  expect(it.asked.map(({ command }) => command)).toEqual(["mine", "other", "c-1"]);
});

test("image.trust keeps the keys and records their fingerprints; what is no keyring changes nothing", async () => {
  const it = setUp();
  const key = await generate("lab");
  const trust = (bytes: Uint8Array) =>
    it.handlers["image.trust"]({ command: "c-1", keyring: Buffer.from(bytes).toString("base64") }, caller);
  await expect(trust(Buffer.from("no keys"))).rejects.toMatchObject({ code: "keyring-invalid" });
  expect(it.world.settings["images.keyring"]).toBeUndefined();
  expect((await trust(key.binary)).fingerprints).toEqual([key.fingerprint]);
  expect(it.world.settings["images.keyring"]).toBe(key.fingerprint);
});

test("image.list shows who stands on each", async () => {
  const { handlers } = setUp([{ name: "tiny", sha256: used, atSecond: 1 }], running);
  expect(await handlers["image.list"]({}, caller)).toEqual([
    expect.objectContaining({ name: "tiny", instances: ["web"] }),
  ]);
});
