/** A guest that wants to write outside of the target, or never to end: whatever it says, it does neither. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bounds, copyFolder, usualBounds } from "../../../src/client/transfer/folder.ts";
import { here } from "../../../src/client/transfer/here.ts";
import type { Side } from "../../../src/client/transfer/side.ts";
import { findSource } from "../../../src/client/transfer/sources.ts";
import { there } from "../../../src/client/transfer/there.ts";
import { file, type FakeFolder, type FakeNode, folder, link, startFakeGuest } from "./fake-guest.ts";
import { createWorkspace, jobFor, lookAt, type Workspace } from "./workspace.ts";

let work: Workspace;
beforeEach(() => (work = createWorkspace()));
afterEach(() => work.close());

async function fetchAll(home: FakeFolder, bounds: Partial<Bounds> = {}) {
  const guest = await startFakeGuest(home);
  const { job, faults } = jobFor();
  const root = { from: "/home", to: work.target, attributes: { mode: 0o755, seconds: 0 } };
  const way = { from: there(guest.sftp, "web"), to: here };
  const error = await copyFolder(way, root, job, { ...usualBounds, ...bounds }).catch((caught: unknown) => caught);
  return { error, faults: faults.map(({ path, why }) => `${path}: ${why}`), tally: job.tally, guest };
}

const evil = file("evil");

describe("names", () => {
  test.each(["../evil", "/evil", "a/b", "../outside/evil", "", "nul\0evil", `long${"e".repeat(252)}`, "\uFFFD"])(
    "%j is passed over, and what is plain comes",
    async (name) => {
      const { error, faults } = await fetchAll(
        folder([
          [name, evil],
          ["good", file("good")],
        ]),
      );
      expect(error).toBeUndefined();
      expect(faults).toHaveLength(1);
      expect(lookAt(work.directory)).toEqual({ outside: "/", target: "/", "target/good": "good" });
    },
  );

  test("the folder's own names are nothing to speak of", async () => {
    const { faults } = await fetchAll(
      folder([
        [".", folder({})],
        ["..", folder({ evil })],
        ["good", file("good")],
      ]),
    );
    expect(faults).toEqual([]);
    expect(lookAt(work.target)).toEqual({ good: "good" });
  });

  test("control characters and spaces are names like others", async () => {
    const { faults } = await fetchAll(
      folder({ "a\nb": file("1"), " ": file("2"), "-rf": file("3"), "ü\u001b[2J": file("4") }),
    );
    expect(faults).toEqual([]);
    expect(Object.keys(lookAt(work.target)).sort()).toEqual([" ", "-rf", "a\nb", "ü\u001b[2J"].sort());
  });

  test("the name of the source itself may be the guest's word", async () => {
    const node = { kind: "folder", bytes: 0, mode: 0o755, seconds: 0 } as const;
    const lying = { show: (path: string) => path, status: async () => node, resolve: async () => "/home/.." };
    const asked = findSource(lying as unknown as Side, ".", true);
    expect(await asked.catch((error: { code: string }) => error.code)).toBe("guest-answer-odd");
  });
});

describe("links", () => {
  const outward = () => link(work.outside);
  const within = folder({ evil });
  const orders: [string, () => [string, FakeNode][]][] = [
    [
      "a link and then a folder",
      () => [
        ["d", outward()],
        ["d", within],
      ],
    ],
    [
      "a folder and then a link",
      () => [
        ["d", within],
        ["d", outward()],
      ],
    ],
    [
      "a link and then a file",
      () => [
        ["d", link(join(work.outside, "evil"))],
        ["d", evil],
      ],
    ],
  ];
  test.each(orders)("%s of one name: the second is passed over", async (_what, entries) => {
    const { faults } = await fetchAll(folder(entries()));
    expect(faults).toEqual(["web:/home/d: its name comes twice"]);
    expect(lookAt(work.outside)).toEqual({});
  });

  test("a link stays a link, wherever it leads", async () => {
    const { tally } = await fetchAll(
      folder({ a: link("/etc/passwd"), b: link("../../x"), c: folder({ d: outward() }) }),
    );
    expect(tally.links).toBe(3);
    expect(lookAt(work.target)).toEqual({ a: "-> /etc/passwd", b: "-> ../../x", c: "/", "c/d": `-> ${work.outside}` });
  });

  test.each(["", "a\0b", "x".repeat(4096)])("a link to %j is passed over", async (text) => {
    expect((await fetchAll(folder({ a: link(text) }))).faults).toHaveLength(1);
    expect(lookAt(work.target)).toEqual({});
  });

  test("one that an earlier transfer left is not gone through", async () => {
    symlinkSync(work.outside, join(work.target, "d"));
    symlinkSync(join(work.outside, "kept"), join(work.target, "f"));
    writeFileSync(join(work.outside, "kept"), "kept");
    const { faults } = await fetchAll(folder({ d: within, f: evil }));
    expect(faults).toEqual([`web:/home/d: ${join(work.target, "d")} is there, and is no folder`]);
    expect(lookAt(work.outside)).toEqual({ kept: "kept" });
    expect(lookAt(work.target)["f"]).toBe("evil");
  });

  test("a folder is no place for a file", async () => {
    mkdirSync(join(work.target, "d"));
    const { faults } = await fetchAll(folder({ d: evil }));
    expect(faults).toHaveLength(1);
    expect(lookAt(work.target)).toEqual({ d: "/" });
  });
});

describe("what never ends", () => {
  test("a listing that goes on with new names", async () => {
    const { error } = await fetchAll(folder(Array.from({ length: 50 }, (_, at) => [`f${at}`, file("")])), {
      namesMax: 20,
    });
    expect(error).toMatchObject({ code: "folder-endless" });
  });

  test("a listing that says the same over and over", async () => {
    const { error } = await fetchAll(folder({ a: file("") }, { isEndless: true }), { entriesMax: 1000 });
    expect(error).toMatchObject({ code: "folder-endless" });
    expect(lookAt(work.target)).toEqual({ a: "" });
  });

  test("a listing without names is at its end", async () => {
    expect((await fetchAll(folder({}, { isEndless: true }))).error).toBeUndefined();
  });

  test("folders in folders", async () => {
    const inner: FakeFolder = folder({});
    inner.entries.push(["d", inner]);
    const { error, faults } = await fetchAll(inner, { depthMax: 5 });
    expect(error).toBeUndefined();
    expect(faults).toEqual(["web:/home/d/d/d/d/d: it is more than 5 folders deep"]);
  });
});

describe("files", () => {
  test.each([
    ["is shorter than it says", file("abc", { size: 10 })],
    ["says a size that is none", file("abc", { size: 2 ** 52 })],
  ])("one that %s is not there", async (_what, node) => {
    const { faults } = await fetchAll(folder({ a: node, b: file("good") }));
    expect(faults).toEqual(["web:/home/a: it became shorter while it was read"]);
    expect(lookAt(work.target)).toEqual({ b: "good" });
  });

  test("of one that grew, what it was comes; one that says it is empty is read to its end", async () => {
    await fetchAll(folder({ a: file("grown", { size: 3 }), b: file("virtual", { size: 0 }) }));
    expect(lookAt(work.target)).toEqual({ a: "gro", b: "virtual" });
  });

  test("none runs as its owner; of a folder, whose its files are stays", async () => {
    await fetchAll(folder({ a: file("x", { mode: 0o6755 }), d: folder({}, { mode: 0o7777 }) }));
    expect(statSync(join(work.target, "a")).mode & 0o7777).toBe(0o755);
    expect(statSync(join(work.target, "d")).mode & 0o7777).toBe(0o3777);
  });

  test("a device is passed over", async () => {
    const { faults } = await fetchAll(folder({ a: { kind: "other" } }));
    expect(faults).toEqual(["web:/home/a: it is neither a file, a folder nor a link"]);
  });
});

describe("answers that are none", () => {
  test.each([
    ["a length below zero", [0x80, 0, 0, 1, 1]],
    ["a length of zero", [0, 0, 0, 0]],
    ["a length beyond all bounds", [0, 0xff, 0, 0]],
    ["an unknown kind", [0, 0, 0, 1, 77]],
    ["a list that is cut off", [0, 0, 0, 9, 104, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]],
  ])("%s: the guest is lost, and every request rejects", async (_what, bytes) => {
    const guest = await startFakeGuest(folder({}));
    guest.onAsked = () => "drop";
    const asked = guest.sftp.lstat("/home").catch((error: { code: string }) => error.code);
    guest.say(Uint8Array.from(bytes));
    expect(await asked).toBe("guest-answer-odd");
    expect(guest.lost.aborted).toBe(true);
    expect(await guest.sftp.lstat("/home").catch((error: { code: string }) => error.code)).toBe("guest-answer-odd");
  });

  test.each(["readFolder", "open", "lstat", "readLink", "read"] as const)(
    "ok and nothing else, to %s, is no answer",
    async (request) => {
      const guest = await startFakeGuest(folder({}));
      const handle = Buffer.from("1");
      guest.onAsked = () => "drop";
      const requests = {
        readFolder: () => guest.sftp.readFolder(handle),
        open: () => guest.sftp.open("/a", 1),
        lstat: () => guest.sftp.lstat("/a"),
        readLink: () => guest.sftp.readLink("/a"),
        read: async () => expect(await guest.sftp.read(handle, 0, 10)).toHaveLength(0),
      };
      const asked = requests[request]().then(
        () => "nothing",
        () => "refused",
      );
      guest.say(Uint8Array.from([0, 0, 0, 9, 101, 0, 0, 0, 0, 0, 0, 0, 0]));
      expect(await asked).toBe(request === "read" ? "nothing" : "refused");
    },
  );
});
