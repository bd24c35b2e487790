/** What a word for a point means, where operations made points by the way. */
import { expect, test } from "bun:test";
import { findPoint } from "../../src/daemon/find-point.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { type Fact, facts as stringed, recordOf, running, second, specs, worldOf } from "../spec.ts";

const intents = ["snapshot-requested", "stop-requested", "resize-requested", "restore-requested"];

/** Operations 2 to 5, in this order, each with a point. */
const facts: readonly Fact[] = intents.flatMap((name, index): Fact[] => {
  const number = index + 2;
  const kind = name.startsWith("snapshot") ? "snapshot" : name.startsWith("restore") ? "branch" : "auto";
  const wanted = { id: `p-${number}`, name: `${kind}-${number}`, kind, next: `l-${number}` };
  const data = { number, deadline: second(59), wanted, to: { point: "p-2", name: "x", layer: "l-1" }, keep: wanted };
  const made = { ...wanted, layer: `l-${number - 1}`, bytes: 1, consistency: "off" };
  const operation = `op-${number}`;
  const opened = { type: `instance.${name}`, operation, data };
  const end = { "stop-requested": "stopped", "resize-requested": "resized", "restore-requested": "restored" }[name];
  return [
    opened,
    { type: "instance.point-made", operation, data: made },
    ...(end === undefined ? [] : [{ type: `instance.${end}`, operation, data: { cause: "user", disk: 1 } }]),
  ];
});

test.each([
  ["2", "snapshot-2"],
  ["3", "auto-3"],
  ["4", "auto-3"],
  ["5", "auto-4"],
  ["last", "snapshot-2"],
  ["auto-4", "auto-4"],
])("web@%s is %s: a number means what was right after the operation", async (word, name) => {
  const all = [...running, ...facts];
  const state = worldOf(all).instances.get("i-1") ?? expect.unreachable();
  const records = all.map(({ type, data = {}, operation }, index) =>
    recordOf(
      { type, version: 1, stream: "instance/i-1", data },
      index + 1,
      operation === undefined ? {} : { operation },
    ),
  );
  const log = {
    async *read({ operation, operationNumber }: { operation?: string; operationNumber?: number }) {
      const wanted = operation ?? `op-${operationNumber}`;
      yield* records.filter((record) => record.operation === wanted);
    },
  } as unknown as EventLog;
  const { point } = await findPoint(log, state, word, 0);
  expect(point.name).toBe(name);
});

test("a time before an import means the points that it brought; before those there is nothing", async () => {
  const point = { id: "p-1", name: "first", tag: "@s1", layer: "l-11", madeAt: "2024-05-01T10:00:00.000Z", specs };
  const launch = stringed.launchRequested;
  const from = { manager: "multipass", name: "web", mac: "" };
  const image = { name: "multipass-web", title: "Ubuntu", sha256: "5" };
  const asked = { ...launch.data, image, from, points: [point], now: { layer: "l-12", parent: "l-11" } };
  const hardware = { driver: "fake", machine: "m" };
  const layers = [
    { layer: "l-11", bytes: 1 },
    { layer: "l-12", parent: "l-11", bytes: 1 },
  ];
  const done = { layer: "l-1", parent: "l-12", hardware, hostKey: "k", layers };
  const imported = [
    { ...launch, type: "instance.import-requested", data: asked },
    { type: "instance.imported", operation: "op-1", data: done },
  ];
  const state = worldOf(imported).instances.get("i-1") ?? expect.unreachable();
  const find = (time: string) => findPoint({} as EventLog, state, time, Date.parse(second(59)));
  expect((await find("2025-01-01T00:00:00.000Z")).point.name).toBe("first");
  await expect(find("2024-01-01T00:00:00.000Z")).rejects.toMatchObject({ code: "before-beginning" });
});
