/** Seals sent away: to a file, a command, the journal; and what happens when they do not arrive. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAnchor, type AnchorOptions } from "../../src/daemon/anchor.ts";
import { parseSeals, signSeal } from "../../src/events/store/seals/note.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { readLines } from "../../src/sys/lines.ts";
import { sendToJournal } from "../../src/sys/journal.ts";
import { systemProcesses } from "../../src/sys/process.ts";
import { signingKeyOf } from "../../src/sys/signature.ts";
import { fixedClock, settle } from "../events/store/bed.ts";

const place = mkdtempSync(join(tmpdir(), "strata-anchor-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const key = signingKeyOf(new Uint8Array(32).fill(1));
const sealOf = (size: number) => signSeal("strata/l-1", { size, root: "ab".repeat(32) }, key);

function anchorTo(to: string, more: Partial<AnchorOptions> = {}) {
  const reports: string[] = [];
  const anchor = createAnchor({
    files: systemFiles,
    processes: systemProcesses,
    journal: () => {},
    clock: systemClock,
    searchPath: process.env["PATH"] ?? "",
    setting: () => to,
    report: (line) => reports.push(line),
    ...more,
  });
  return { ...anchor, reports };
}

test("none sends nothing and says nothing", async () => {
  const anchor = anchorTo("none");
  anchor.send(sealOf(1));
  await anchor.settled();
  expect(anchor.view()).toBeUndefined();
});

test("a file gets one note after the other, in the form of the log's own", async () => {
  const path = join(place, "seals");
  const anchor = anchorTo(`file:${path}`);
  for (const size of [1, 2, 3]) anchor.send(sealOf(size));
  await anchor.settled();
  expect(parseSeals(readFileSync(path)).seals.map(({ size }) => size)).toEqual([1, 2, 3]);
  expect(anchor.view()).toEqual({ to: `file:${path}`, sent: 3, failed: 0 });
});

test("a command gets the note on its standard input", async () => {
  const path = join(place, "got");
  const anchor = anchorTo(`exec:cat >> ${path}`);
  anchor.send(sealOf(5));
  await anchor.settled();
  expect(readFileSync(path, "utf8")).toBe(sealOf(5).note);
});

test("a failure is counted, and told once until seals arrive again", async () => {
  const path = join(place, "ready");
  const anchor = anchorTo(`exec:test -e ${path} || { echo not ready >&2; exit 3; }`);
  for (const size of [1, 2]) {
    anchor.send(sealOf(size));
    await anchor.settled();
  }
  expect(anchor.view()).toMatchObject({ sent: 0, failed: 2, why: "it ended with exit code 3: not ready" });
  expect(anchor.reports).toHaveLength(1);
  await Bun.write(path, "");
  anchor.send(sealOf(3));
  await anchor.settled();
  expect(anchor.view()).toEqual({ to: anchor.view()?.to ?? "", sent: 1, failed: 2 });
  expect(anchor.reports).toHaveLength(2);
});

test("what hangs is given up after its time, is not tried again while it hangs, and only the newest seals wait", async () => {
  const clock = fixedClock();
  const gate = Promise.withResolvers<never>();
  let opened = 0;
  const files = {
    stat: systemFiles.stat,
    open: () => {
      opened++;
      return gate.promise;
    },
  };
  const anchor = anchorTo("file:/hanging", { clock, files });
  for (let size = 1; size <= 300; size++) anchor.send(sealOf(size));
  await settle();
  clock.runTimers();
  await anchor.settled();
  expect(opened).toBe(1);
  // The first was on its way; of the 299 behind it 100 waited, and found it hanging.
  expect(anchor.view()).toMatchObject({ sent: 0, failed: 101, why: "the seal before it is still on its way" });
  expect(anchor.reports).toHaveLength(1);
  gate.reject(new Error("gone"));
});

/** A journal of one entry: prints what comes, as hexadecimal. */
const standIn = `
import socket, sys
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); journal.bind(sys.argv[1]); journal.settimeout(20)
print("ready", flush=True); print(journal.recv(65536).hex(), flush=True)
`;

test("the journal gets an entry in its own protocol, with the whole note", async () => {
  const socket = join(place, "journal");
  const child = Bun.spawn(["python3", "-c", standIn, socket], { stdout: "pipe" });
  try {
    const lines = readLines(child.stdout, 256 << 10);
    expect((await lines.next()).value).toBe("ready");
    const anchor = anchorTo("journald", { journal: (fields) => sendToJournal(fields, socket) });
    anchor.send(sealOf(7));
    await anchor.settled();
    expect(anchor.view()).toEqual({ to: "journald", sent: 1, failed: 0 });
    const entry = Buffer.from(String((await lines.next()).value), "hex");
    expect(entry.toString()).toContain("SYSLOG_IDENTIFIER=strata\n");
    const at = entry.indexOf("STRATA_SEAL\n") + "STRATA_SEAL\n".length;
    const length = Number(entry.readBigUInt64LE(at));
    expect(entry.subarray(at + 8, at + 8 + length).toString()).toBe(sealOf(7).note);
    expect(entry.subarray(at + 8 + length).toString()).toBe("\n");
  } finally {
    child.kill();
    await child.exited;
  }
});

test("no journal is a failure with a reason", async () => {
  const anchor = anchorTo("journald", { journal: (fields) => sendToJournal(fields, join(place, "nobody")) });
  anchor.send(sealOf(7));
  await anchor.settled();
  expect(existsSync(join(place, "nobody"))).toBe(false);
  expect(anchor.view()?.why).toContain("there is no journal at");
});
