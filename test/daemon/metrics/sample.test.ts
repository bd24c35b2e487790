/** Counters to rates, an answer of a guest to numbers, and operations to counts. */
import { describe, expect, test } from "bun:test";
import { daemonFamilies, guestFamilies, instanceFamily } from "../../../src/daemon/metrics/families.ts";
import { createOperationCounts } from "../../../src/daemon/metrics/operations.ts";
import { sampleOf } from "../../../src/daemon/metrics/sample.ts";
import { diskCounters } from "../../../src/drivers/qemu/counters.ts";
import { readInside } from "../../../src/guest/meter.ts";
import { recordOf, running, second } from "../../spec.ts";

describe("a sample", () => {
  const before = sampleOf(second(0), { cpuSeconds: 10, diskReadBytes: 1_000, netInBytes: 500 }, undefined);
  test("the first has counters and no rates", () => {
    expect(before).toEqual({ time: second(0), cpuSeconds: 10, diskReadBytes: 1_000, netInBytes: 500 });
  });
  test.each([
    ["growth is per second", 2, { cpuSeconds: 11, diskReadBytes: 5_000 }, { cpuPercent: 50, diskReadRate: 2_000 }],
    ["a counter that went back has none", 2, { cpuSeconds: 1, diskReadBytes: 1_000 }, { diskReadRate: 0 }],
    ["what is told for the first time has none", 2, { diskWrittenBytes: 9 }, {}],
    ["a clock that stood still gives none", 0, { cpuSeconds: 11 }, {}],
  ] as const)("%s", (_, seconds, reading, rates) => {
    expect(sampleOf(second(seconds), reading, before)).toEqual({ time: second(seconds), ...reading, ...rates });
  });
  test("a long gap is not bridged", () => {
    const late = new Date(Date.parse(second(0)) + 61_000).toISOString();
    expect(sampleOf(late, { cpuSeconds: 20 }, before)).toEqual({ time: late, cpuSeconds: 20 });
  });
});

describe("what a guest says", () => {
  const network = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9999 1 0 0 0 0 0 0 9999 1 0 0 0 0 0 0
  eth0: 1200 10 0 0 0 0 0 0 340 5 0 0 0 0 0 0
enp5s0:100 10 0 0 0 0 0 0 60 5 0 0 0 0 0 0
docker0: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0`
    .split("\n")
    .map((line) => line.trim())
    .join("\n");
  test.each([
    [
      "all",
      `MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 600 kB\n${network}`,
      { memoryUsedBytes: 409_600, netInBytes: 1_300, netOutBytes: 400 },
    ],
    ["an old kernel", "MemTotal: 1000 kB\nMemFree: 100 kB\n", { memoryUsedBytes: 921_600 }],
    ["more free than there is", "MemTotal: 1 kB\nMemFree: 2 kB\n", {}],
    ["nonsense", "MemTotal: x\n\u001b[2J eth0: 1\n", {}],
    ["nothing", "", {}],
  ])("%s", (_, answer, inside) => {
    expect(readInside(answer)).toEqual(inside);
  });
});

test.each([
  [
    "the machine's disk alone",
    [
      { qdev: "/machine/peripheral/disk1/virtio-backend", stats: { rd_bytes: 1, wr_bytes: 1 } },
      { qdev: "/machine/peripheral/disk0/virtio-backend", stats: { rd_bytes: 7, wr_bytes: 8, rd_operations: 3 } },
    ],
    { diskReadBytes: 7, diskWrittenBytes: 8 },
  ],
  ["none of that name", [{ stats: { rd_bytes: 1, wr_bytes: 1 } }], {}],
  ["another form", { error: true }, {}],
])("of QEMU's answer: %s", (_, answer, counters) => {
  expect(diskCounters(answer)).toEqual(counters);
});

test("operations are counted by verb and outcome when they end, with how long they took", () => {
  const counts = createOperationCounts();
  const records = running.map(({ type, data = {}, operation }, index) =>
    recordOf(
      { type, version: 1, stream: "instance/i-1", data },
      index + 1,
      operation === undefined ? {} : { operation },
    ),
  );
  counts.add(records.slice(0, -1));
  expect(counts.families()[0]?.samples).toEqual([]);
  counts.add(records.slice(-1));
  counts.add(records.slice(-1));
  const [ended, took] = counts.families();
  expect(ended?.samples).toEqual([{ labels: { verb: "launch", outcome: "ok" }, value: 1 }]);
  expect(took?.samples.find(({ suffix }) => suffix === "_sum")).toEqual({
    suffix: "_sum",
    labels: { verb: "launch" },
    value: 6,
  });
});

test("families: one series per instance that tells, states counted together, disk space by kind", () => {
  const one = { id: "i-1", name: "web", cpus: 1, memoryBytes: 100, samples: [{ time: second(1), cpuSeconds: 3 }] };
  const silent = { ...one, id: "i-2", name: "db", samples: [] };
  const families = guestFamilies([one, silent]);
  const of = (name: string) => families.find((each) => each.name === name)?.samples;
  expect(of("strata_guest_cpu_seconds_total")).toEqual([{ labels: { name: "web", id: "i-1" }, value: 3 }]);
  expect(of("strata_guest_memory_bytes")).toHaveLength(2);
  const state = { power: "running", health: "ready" } as const;
  expect(instanceFamily([state, state, { power: "off", health: "none" }]).samples.map(({ value }) => value)).toEqual([
    2, 1,
  ]);
  const usage = { freeBytes: 9, parts: [{ kind: "log" as const, bytes: 5, files: 1, items: [] }] };
  const told = daemonFamilies({ version: "1", residentBytes: 1, position: 10, durable: 8, terminals: 0, usage });
  expect(told.find(({ name }) => name === "strata_log_durable_lag")?.samples).toEqual([{ value: 2 }]);
  expect(told.find(({ name }) => name === "strata_disk_bytes")?.samples).toEqual([
    { labels: { kind: "log" }, value: 5 },
  ]);
});
