/** The client as a witness: what it remembers of a daemon's log, and which later logs it does not believe. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hello, Line } from "../../src/api/client.ts";
import { forgetDaemon, witness } from "../../src/client/witness.ts";
import { UserError } from "../../src/errors.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { proveConsistency } from "../../src/events/store/seals/prove.ts";
import type { Files } from "../../src/sys/files.ts";
import { appendAll, directory, open } from "../events/store/bed.ts";
import { createDisk } from "../simulation/disk.ts";

let place = "";
let nowMs = 1_000_000;
const said: string[] = [];
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "strata-witness-"));
  said.length = 0;
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

interface Bed {
  readonly log: EventLog;
  readonly files: Files;
  readonly asked: string[];
}

async function bed(seed = 7): Promise<Bed> {
  const files = createDisk().boot();
  const ids = { next: () => "id", bytes: (length: number) => new Uint8Array(length).fill(seed) };
  const { log } = await open(files, { isSealed: true, segmentBytes: 2000, ids });
  return { log, files, asked: [] };
}

const helloOf = ({ log }: Bed): Hello => {
  const [seal, key] = [log.seal(), log.sealKey()];
  const base = { version: "1.0.0", protocol: 1, pid: 1, directory: "/data", busy: false };
  return seal && key !== undefined ? { ...base, seal: { note: seal.note, key } } : base;
};

/** Greets; the answer is the code of what was thrown. */
async function greet(daemon: Bed, hello: Hello = helloOf(daemon), socket = "/run/s"): Promise<string> {
  const line = {
    hello: async () => helloOf(daemon),
    ask: async (name: string, { from, to }: { from: number; to: number }) => {
      daemon.asked.push(name);
      return { path: await proveConsistency({ directory, files: daemon.files }, from, to) };
    },
  } as unknown as Line;
  const path = join(place, "strata", "seals.json");
  const parts = { path, socket, version: "1.0.0", nowMs: () => nowMs, say: (text: string) => said.push(text) };
  try {
    await witness(parts, hello, line);
    return "ok";
  } catch (error) {
    if (error instanceof UserError) return `${error.code} ${error.exit}`;
    throw error;
  }
}

async function grow({ log }: Bed, ...commands: string[]): Promise<void> {
  await appendAll(log, commands);
  await log.sealNow();
}

const file = () => join(place, "strata", "seals.json");
const refused = "log-not-consistent 6";

test("a log that grew is asked for its proof, at most once a minute", async () => {
  const daemon = await bed();
  await grow(daemon, "a", "b", "c");
  expect(await greet(daemon)).toBe("ok");
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  await grow(daemon, "d", "e", "f", "g", "h");
  const remembered = readFileSync(file(), "utf8");
  expect(await greet(daemon)).toBe("ok");
  expect(daemon.asked).toEqual([]);
  expect(readFileSync(file(), "utf8")).toBe(remembered);
  nowMs += 61_000;
  expect(await greet(daemon)).toBe("ok");
  expect(daemon.asked).toEqual(["audit.consistency"]);
  expect(readFileSync(file(), "utf8")).not.toBe(remembered);
});

test("a log that is shorter, another, of another key or without a seal is refused, and the memory stays", async () => {
  const daemon = await bed();
  await grow(daemon, "a", "b");
  const early = helloOf(daemon);
  await grow(daemon, "c");
  expect(await greet(daemon)).toBe("ok");
  const remembered = readFileSync(file(), "utf8");
  const older = await bed();
  await grow(older, "a", "b");
  expect(await greet(older)).toBe(refused);
  // Not so when only another client was faster.
  expect(await greet(daemon, early)).toBe("ok");
  const other = await bed(9);
  await grow(other, "a", "b", "c", "d");
  nowMs += 61_000;
  expect(await greet(other)).toBe(refused);
  const { seal: _, ...bare } = helloOf(daemon);
  expect(await greet(daemon, bare)).toBe(refused);
  expect(await greet(daemon, { ...bare, readOnly: "it cannot be read" })).toBe("ok");
  expect(await greet(daemon, { ...bare, version: "0.9.0" })).toBe("ok");
  expect(readFileSync(file(), "utf8")).toBe(remembered);
  expect(await greet(daemon)).toBe("ok");
});

test("a log that was written anew with the same key is refused", async () => {
  const daemon = await bed();
  await grow(daemon, "a", "b", "c");
  expect(await greet(daemon)).toBe("ok");
  const rewritten = await bed();
  await grow(rewritten, "a", "B", "c", "d");
  nowMs += 61_000;
  expect(await greet(rewritten)).toBe(refused);
  const sameSize = await bed();
  await grow(sameSize, "a", "B", "c");
  expect(await greet(sameSize)).toBe(refused);
});

test("a seal that its key did not make is refused, also the first", async () => {
  const daemon = await bed();
  await grow(daemon, "a");
  const hello = helloOf(daemon);
  const note = hello.seal?.note.replace(/\n\d+\n/, "\n99\n") ?? "";
  expect(await greet(daemon, { ...hello, seal: { note, key: hello.seal?.key ?? "" } })).toBe(refused);
});

test("each daemon has its own memory, which can be forgotten", async () => {
  const [one, other] = [await bed(), await bed(9)];
  await grow(one, "a");
  await grow(other, "a");
  expect(await greet(one)).toBe("ok");
  expect(await greet(other, helloOf(other), "/run/other")).toBe("ok");
  expect(await greet(other)).toBe(refused);
  expect(forgetDaemon({ path: file(), socket: "/run/s" })).toBe(true);
  expect(forgetDaemon({ path: file(), socket: "/run/s" })).toBe(false);
  expect(await greet(other)).toBe("ok");
});

test("a memory that cannot be read is said, and kept as it is", async () => {
  const daemon = await bed();
  await grow(daemon, "a");
  expect(await greet(daemon)).toBe("ok");
  writeFileSync(file(), "{ rot");
  expect(await greet(daemon)).toBe("ok");
  expect(said.join()).toContain("cannot be compared");
  expect(readFileSync(file(), "utf8")).toBe("{ rot");
});

test("without seals nothing is remembered", async () => {
  const files = createDisk().boot();
  const { log } = await open(files);
  expect(await greet({ log, files, asked: [] })).toBe("ok");
  expect(() => statSync(file())).toThrow("ENOENT");
});
