/** What a word for a point means, where operations made points by the way. */
import { expect, test } from "bun:test";
import { findPoint } from "../../src/daemon/find-point.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { type Fact, recordOf, running, second, worldOf } from "../spec.ts";

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
