import { describe, expect, test } from "bun:test";
import { ownProcess, readEvent, whyEnded, whyPaused } from "../../../src/drivers/qemu/judge.ts";
import { machinePaths } from "../../../src/drivers/qemu/paths.ts";
import type { LiveRecord } from "../../../src/drivers/qemu/run-record.ts";
import type { ProcessFacts } from "../../../src/sys/process-facts.ts";
import type { Processes } from "../../../src/sys/process.ts";
import { createDisk } from "../../simulation/disk.ts";

const id = "0198f2a0-0000-7000-8000-00c0ffee0001";
const paths = machinePaths("/data", "/run/s", id);
const record: LiveRecord = {
  phase: "live",
  boot: "b",
  runtime: paths.runtime,
  uid: 720_001,
  accelerator: "tcg",
  cpu: "Nehalem",
  build: "1",
};
const ssh = { host: "127.0.0.1", port: 2222 };
const ours: ProcessFacts = { pid: 7, startTime: "100", uid: 720_001, argv: ["qemu", "-name", `${id},process=strata`] };

const table = (...rows: ProcessFacts[]) =>
  ({ facts: (pid: number) => rows.find((row) => row.pid === pid), list: () => rows }) as Processes;

async function filesWith(socket?: string) {
  const files = createDisk().boot();
  await files.makeDirectory(paths.runtime, 0o700);
  if (socket !== undefined) await files.writeAtomically(socket, Buffer.alloc(0), 0o600);
  return files;
}

describe("a process is ours by start time, account and name, never by its pid alone", () => {
  const recorded = { ...record, process: { pid: 7, startTime: "100" } };
  test("the recorded one, while it runs", () => {
    expect(ownProcess(table(ours), id, recorded)).toEqual({ pid: 7, startTime: "100" });
    expect(ownProcess(table(), id, recorded)).toBeUndefined();
  });
  test("the same pid with another start time is another's", () =>
    expect(ownProcess(table({ ...ours, startTime: "200" }), id, recorded)).toBeUndefined());
  test("one that we started without writing it down is found by its name", () =>
    expect(ownProcess(table({ ...ours, pid: 6, argv: ["cat"] }, ours), id, record)).toEqual({
      pid: 7,
      startTime: "100",
    }));
  test("a process of another account, or one that only mentions the id, is not ours", () => {
    for (const other of [
      { ...ours, uid: 0 },
      { ...ours, argv: ["less", `/data/${id}/log`] },
    ])
      expect(ownProcess(table(other), id, record)).toBeUndefined();
  });
});

describe("why it ended", () => {
  test("a socket left behind is a crash, one removed was a signal from the host", async () => {
    expect(await whyEnded(await filesWith(paths.qmp), paths, { ...record, ssh })).toBe("crash");
    expect(await whyEnded(await filesWith(), paths, { ...record, ssh })).toBe("host");
  });
  test("one that never answered crashed, and a recorded ending is believed", async () => {
    expect(await whyEnded(await filesWith(), paths, record)).toBe("crash");
    expect(await whyEnded(await filesWith(paths.qmp), paths, { ...record, ending: "user" })).toBe("user");
  });
  test("a paused machine is off when the guest powered off or panicked, and on when its disk is full", () => {
    const states = ["shutdown", "guest-panicked", "io-error", "running", "paused"];
    expect(states.map((state) => whyPaused(state, false))).toEqual(["guest", "panic", undefined, undefined, undefined]);
    expect(whyPaused("shutdown", true)).toBe("host");
  });
});

describe("events", () => {
  test("tell resets by the guest, panics and a full disk, and nothing that we did ourselves", () => {
    expect(readEvent({ name: "RESET", data: { guest: true, reason: "guest-reset" } })).toEqual({
      happening: { kind: "reset" },
    });
    expect(readEvent({ name: "RESET", data: { guest: false } })).toEqual({});
    expect(readEvent({ name: "GUEST_PANICKED", data: { action: "pause" } })).toEqual({
      happening: { kind: "panicked" },
      isEnd: true,
    });
    expect(readEvent({ name: "SHUTDOWN", data: { guest: true } })).toEqual({ isEnd: true });
    expect(readEvent({ name: "SHUTDOWN", data: { guest: false, reason: "host-qmp-quit" } })).toEqual({});
    expect(readEvent({ name: "SHUTDOWN", data: { guest: false, reason: "host-signal" } })).toEqual({ isSignal: true });
    const full = { name: "BLOCK_IO_ERROR", data: { action: "stop", nospace: true } };
    expect(readEvent(full)).toEqual({ happening: { kind: "paused", reason: "no space for its disk on the host" } });
    expect(readEvent({ name: "BLOCK_IO_ERROR", data: { action: "stop", nospace: false } })).toEqual({
      happening: { kind: "paused", reason: "its disk cannot be written" },
    });
    expect(readEvent({ name: "RESUME", data: {} })).toEqual({ happening: { kind: "resumed" } });
    expect(readEvent({ name: "BLOCK_IO_ERROR", data: { action: "report" } })).toEqual({});
    expect(readEvent({ name: "NIC_RX_FILTER_CHANGED", data: {} })).toEqual({});
  });
});
