/** Whole transfers, each way, against a guest that the test plays: what comes where, and what is left of one that is cut short. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { here } from "../../../src/client/transfer/here.ts";
import { pieceBytes, piecesMax } from "../../../src/client/transfer/job.ts";
import { copyAll } from "../../../src/client/transfer/run.ts";
import { there } from "../../../src/client/transfer/there.ts";
import type { TransferPlace, TransferPlan } from "../../../src/commands/context.ts";
import { type FakeGuest, type FakeNode, file, folder, link, startFakeGuest } from "./fake-guest.ts";
import { createWorkspace, jobFor, lookAt, type Workspace } from "./workspace.ts";

let work: Workspace;
beforeEach(() => (work = createWorkspace()));
afterEach(() => work.close());

const guestPath = (path: string, instance = "web"): TransferPlace => ({ at: "guest", instance, path });
const herePath = (...path: string[]): TransferPlace => ({ at: "here", path: join(work.directory, ...path) });

/** What the guest has, as `lookAt` says it of here. */
function lookThere(node: FakeNode, path = ""): Record<string, string> {
  if (node.kind === "file") return { [path]: Buffer.from(node.content).toString() };
  if (node.kind === "link") return { [path]: `-> ${node.text}` };
  if (node.kind !== "folder") return {};
  const inner = node.entries.map(([name, below]) => lookThere(below, path === "" ? name : `${path}/${name}`));
  return Object.assign(path === "" ? {} : { [path]: "/" }, ...inner);
}

interface Options {
  readonly recursive?: boolean;
  readonly parents?: boolean;
  readonly signal?: AbortSignal;
  readonly to?: FakeGuest;
  readonly isLenient?: boolean;
}

async function copy(guest: FakeGuest, sources: TransferPlace[], target: TransferPlace, options: Options = {}) {
  const { recursive = false, parents = false, isLenient = false, signal, to } = options;
  const plan: TransferPlan = { sources, target, recursive, parents, isLenient };
  const { job, faults } = jobFor(signal);
  const sideOf = (place: TransferPlace | undefined) =>
    place?.at === "guest" ? there((place.instance === "web" || !to ? guest : to).sftp, place.instance) : here;
  const ends = { from: sideOf(sources[0]), to: sideOf(target), onTotal: () => {} };
  const result = await copyAll(plan, ends, job).catch((error: { code?: string }) => error);
  return { result, job, faults };
}
const codeOf = ({ result }: { result: unknown }) => (result as { code?: string }).code;

/** Not a whole number of pieces. */
const large = crypto.getRandomValues(new Uint8Array(2 * pieceBytes + 17));

describe("one file", () => {
  test("goes up and comes down with its rights and its time", async () => {
    const guest = await startFakeGuest(folder({}));
    const path = join(work.directory, "large");
    writeFileSync(path, large);
    chmodSync(path, 0o640);
    utimesSync(path, 1_577_934_245, 1_577_934_245);
    const up = await copy(guest, [herePath("large")], guestPath(""));
    expect(up.result).toBe("web:/home/large");
    expect(up.job.tally).toMatchObject({ files: 1, bytes: large.length, faults: 0 });
    const [name, made] = guest.home.entries[0] ?? [];
    expect(name).toBe("large");
    expect(made).toMatchObject({ kind: "file", mode: 0o640, seconds: 1_577_934_245 });
    expect((await copy(guest, [guestPath("large")], herePath("target"))).result).toBe(join(work.target, "large"));
    const back = statSync(join(work.target, "large"));
    expect([back.mode & 0o7777, back.mtimeMs]).toEqual([0o640, 1_577_934_245_000]);
    expect(readFileSync(join(work.target, "large")).equals(large)).toBe(true);
  });

  test("goes from guest to guest", async () => {
    const [web, db] = [await startFakeGuest(folder({ a: file(large) })), await startFakeGuest(folder({}))];
    const { result } = await copy(web, [guestPath("a")], guestPath("b", "db"), { to: db });
    expect(result).toBe("db:/home/b");
    expect(lookThere(db.root)["home/b"]).toBe(Buffer.from(large).toString());
  });

  test("is never more than a few pieces in memory", async () => {
    const guest = await startFakeGuest(folder({ a: file(new Uint8Array(100 * pieceBytes)) }));
    let most = 0;
    guest.onAsked = () => void (most = Math.max(most, guest.sftp.pending()));
    await copy(guest, [guestPath("a")], herePath("target"));
    expect(most).toBeGreaterThan(10);
    expect(most).toBeLessThanOrEqual(piecesMax);
  });

  test("takes the place of what was there, and of what a link leads to", async () => {
    const guest = await startFakeGuest(folder({ a: file("new") }));
    writeFileSync(join(work.target, "old"), "old");
    symlinkSync("old", join(work.target, "link"));
    await copy(guest, [guestPath("a")], herePath("target", "link"));
    expect(lookAt(work.target)).toEqual({ link: "-> old", old: "new" });
  });

  test("a link that was asked for by its name is what it leads to", async () => {
    const guest = await startFakeGuest(folder({}));
    writeFileSync(join(work.directory, "a"), "content");
    symlinkSync("a", join(work.directory, "b"));
    await copy(guest, [herePath("b")], guestPath(""));
    expect(lookThere(guest.root)).toMatchObject({ "home/b": "content" });
  });
});

describe("a folder", () => {
  const inner = () =>
    folder({ "b c": file("2"), "-x\n": file("3"), up: link("../a"), e: folder({}) }, { mode: 0o3750, seconds: 77 });

  test("comes down with all that is in it, and goes up the same", async () => {
    const guest = await startFakeGuest(folder({ tree: folder({ a: file("1"), d: inner() }) }));
    const down = await copy(guest, [guestPath("tree")], herePath("target"), { recursive: true });
    expect(down.faults).toEqual([]);
    expect(lookAt(work.target)).toEqual({
      tree: "/",
      "tree/a": "1",
      "tree/d": "/",
      "tree/d/-x\n": "3",
      "tree/d/b c": "2",
      "tree/d/e": "/",
      "tree/d/up": "-> ../a",
    });
    const { mode, mtimeMs } = statSync(join(work.target, "tree/d"));
    expect([mode & 0o7777, mtimeMs]).toEqual([0o3750, 77_000]);
    const other = await startFakeGuest(folder({}));
    expect((await copy(other, [herePath("target", "tree")], guestPath("copy"), { recursive: true })).result).toBe(
      "web:/home/copy",
    );
    const again = Object.entries(lookAt(join(work.target, "tree"))).map(([path, text]) => [`home/copy/${path}`, text]);
    expect(lookThere(other.root)).toEqual({ home: "/", "home/copy": "/", ...Object.fromEntries(again) });
    const [, made] = other.home.entries[0] ?? [];
    expect(made?.kind === "folder" && made.entries.find(([name]) => name === "d")?.[1]).toMatchObject({ mode: 0o3750 });
  });

  test("goes into one that is there, beside what is in it", async () => {
    const guest = await startFakeGuest(folder({ d: folder({ new: file("new") }) }));
    mkdirSync(join(work.target, "d"));
    writeFileSync(join(work.target, "d/old"), "old");
    await copy(guest, [guestPath("d")], herePath("target"), { recursive: true });
    expect(lookAt(work.target)).toEqual({ d: "/", "d/new": "new", "d/old": "old" });
  });

  test("that has no name of its own is called as the path it leads to", async () => {
    const guest = await startFakeGuest(folder({ a: file("1") }));
    await copy(guest, [guestPath("")], herePath("target"), { recursive: true });
    expect(lookAt(work.target)).toEqual({ home: "/", "home/a": "1" });
  });
});

describe("what makes no sense is refused before anything is written", () => {
  const home = () => folder({ a: file("1"), d: folder({ b: file("2") }), dev: { kind: "other" } });
  const cases: [string, string, string[], string, Options][] = [
    ["nothing by that name", "path-not-found", ["nope"], "target", {}],
    ["a folder", "path-is-folder", ["d"], "target", {}],
    ["one of several that is not there", "path-not-found", ["a", "nope"], "target", {}],
    ["a device", "path-not-file", ["dev"], "target", {}],
    ["several into a file", "target-not-folder", ["a", "d"], "file", { recursive: true }],
    ["several into nothing", "target-not-folder", ["a", "d"], "new", { recursive: true }],
    ["into a folder that is not there", "folder-missing", ["a"], "new/b", {}],
    ["into a file as if it were a folder", "folder-missing", ["a"], "file/b", {}],
    ["a folder onto a file", "target-in-the-way", ["d"], "file", { recursive: true }],
    ["folders above that are a file", "target-in-the-way", ["a"], "file/b/c", { parents: true }],
  ];
  test.each(cases)("%s: %s", async (_what, code, sources, target, options) => {
    const guest = await startFakeGuest(home());
    writeFileSync(join(work.directory, "file"), "kept");
    const before = lookAt(work.directory);
    expect(
      codeOf(
        await copy(
          guest,
          sources.map((path) => guestPath(path)),
          herePath(target),
          options,
        ),
      ),
    ).toBe(code);
    expect(lookAt(work.directory)).toEqual(before);
  });

  test.each([
    ["one file", ["a"], "new/deep/b", { "new/deep/b": "1" }],
    ["one into a folder", ["a"], "new/deep/", { "new/deep/a": "1" }],
    ["several", ["a", "c"], "new", { "new/a": "1", "new/c": "3" }],
  ])("--parents makes the folders for %s", async (_what, sources, target, expected) => {
    const guest = await startFakeGuest(folder({ a: file("1"), c: file("3") }));
    const place = { at: "here", path: `${work.target}/${target}` } as const;
    await copy(
      guest,
      sources.map((path) => guestPath(path)),
      place,
      { parents: true },
    );
    expect(lookAt(work.target)).toMatchObject(expected);
  });
});

test("a lenient one copies what it can of its sources, and tells of the others", async () => {
  const guest = await startFakeGuest(folder({ a: file("1"), c: file("3"), d: folder({}) }));
  mkdirSync(join(work.target, "c"));
  const sources = ["a", "d", "nope", "c"].map((path) => guestPath(path));
  const { result, faults, job } = await copy(guest, sources, herePath("target"), { isLenient: true });
  expect(result).toBe(work.target);
  expect(faults.map(({ path, code }) => [path, code])).toEqual([
    ["web:d", "path-is-folder"],
    ["web:nope", "path-not-found"],
    ["web:/home/c", "file-not-copied"],
  ]);
  expect(job.tally).toMatchObject({ files: 1, faults: 3 });
  expect(lookAt(work.target)).toEqual({ a: "1", c: "/" });
});

describe("cut short at half", () => {
  const half = (guest: FakeGuest, kind: string, cut: () => void) => {
    guest.onAsked = (asked, count) => {
      if (asked === kind && count === 2) cut();
    };
  };

  test.each(["up", "down"])("by the user, on its way %s: nothing is left of the file", async (way) => {
    const guest = await startFakeGuest(folder(way === "down" ? { a: file(new Uint8Array(50 * pieceBytes)) } : {}));
    const stop = new AbortController();
    half(guest, way === "down" ? "READ" : "WRITE", () => stop.abort(new Error("stop")));
    writeFileSync(join(work.directory, "a"), new Uint8Array(50 * pieceBytes));
    const [from, to] = way === "down" ? [guestPath("a"), herePath("target")] : [herePath("a"), guestPath("")];
    const { result, job } = await copy(guest, [from], to, { signal: stop.signal });
    expect(result).toBe(stop.signal.reason);
    expect(job.tally).toMatchObject({ files: 0 });
    expect(job.left).toEqual([]);
    expect(lookAt(work.target)).toEqual({});
    expect(Object.keys(lookThere(guest.root))).toEqual(way === "down" ? ["home", "home/a"] : ["home"]);
    expect(guest.sftp.pending()).toBe(0);
  });

  test("of a folder, the files that are whole stay, and no part of another", async () => {
    const files = Array.from(
      { length: 60 },
      (_, at) => [`f${at}`, file(new Uint8Array(pieceBytes + 1))] as [string, FakeNode],
    );
    const guest = await startFakeGuest(folder({ d: folder(files) }));
    const stop = new AbortController();
    guest.onAsked = (kind, count) => {
      if (kind === "CLOSE" && count === 20) stop.abort(new Error("stop"));
    };
    const { result, job } = await copy(guest, [guestPath("d")], herePath("target"), {
      recursive: true,
      signal: stop.signal,
    });
    expect(result).toBe(stop.signal.reason);
    const { d: _folder, ...found } = lookAt(work.target);
    expect(Object.keys(found)).toHaveLength(job.tally.files);
    expect(job.tally.files).toBeLessThan(60);
    for (const content of Object.values(found)) expect(content).toHaveLength(pieceBytes + 1);
  });

  test("by a guest that is gone: nothing is left here, and what is left there is named", async () => {
    const gone = Object.assign(new Error("gone"), { code: "session-lost" });
    const down = await startFakeGuest(folder({ a: file(new Uint8Array(50 * pieceBytes)) }));
    half(down, "READ", () => down.sftp.fail(gone));
    expect((await copy(down, [guestPath("a")], herePath("target"), { signal: down.lost })).result).toBe(gone);
    expect(lookAt(work.target)).toEqual({});
    writeFileSync(join(work.directory, "a"), new Uint8Array(50 * pieceBytes));
    const up = await startFakeGuest(folder({}));
    half(up, "WRITE", () => up.sftp.fail(gone));
    const { result, job } = await copy(up, [herePath("a")], guestPath(""), { signal: up.lost });
    expect(result).toBe(gone);
    expect(job.left).toEqual(["web:/home/.strata-test-0.partial"]);
  });
});
