/** Settings of the daemon: what they may be, and what is never shown of one. */
import { describe, expect, test } from "bun:test";
import { changesOf } from "../../src/events/projections/changes.ts";
import { whatOf } from "../../src/events/projections/history.ts";
import { viewOperation } from "../../src/events/projections/operation.ts";
import { planRollback } from "../../src/events/plan.ts";
import { type DoneOperation, inverseOf } from "../../src/events/undo.ts";
import { given, recordOf, worldOf } from "../spec.ts";

const change = (key: string, value: string) => ({ type: "change-setting", key, value }) as const;
const hash = `scrypt:${"0a".repeat(16)}:${"1b".repeat(64)}`;

describe("a value", () => {
  test.each([
    ["networks.bridged", "eth0"],
    ["networks.bridged", "The network of the third floor"],
    ["networks.bridged", "x".repeat(256)],
    ["mounts.enabled", "off"],
    ["passphrase", hash],
    ["zones.unavailable", "zone1"],
    ["zones.unavailable", "zone1:019a-1,019a-2 zone3"],
  ])("of %s may be %p", (key, value) => {
    given()
      .when(change(key, value))
      .thenEvents([{ type: "settings.changed", data: { key, value } }]);
  });
  test.each([
    ["networks.bridged", "x".repeat(257)],
    ["networks.bridged", "a\nb"],
    ["mounts.enabled", "true"],
    ["passphrase", "hunter2"],
    ["passphrase", "scrypt:00:11"],
    ["zones.unavailable", "zone1: zone2"],
    ["zones.unavailable", "zone1  zone2"],
    ["zones.unavailable", "1"],
  ])("of %s may not be %p", (key, value) => {
    given().when(change(key, value)).thenRefused("setting-invalid");
  });
  test.each(["networks.bridged", "passphrase", "zones.unavailable"])("of %s is nothing at first", (key) => {
    given().when(change(key, "")).thenEvents([]);
  });
});

describe("a passphrase", () => {
  const data = { number: 5, key: "passphrase", value: hash, before: "" };
  const record = recordOf({ type: "settings.changed", version: 1, stream: "settings/daemon", data }, 1, {
    operation: "op-5",
  });
  const set = worldOf([{ type: "settings.changed", data, operation: "op-5" }], "settings/daemon");
  test("is refused without its text", () => {
    try {
      given().when(change("passphrase", "hunter2")).thenTypes();
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain("hunter2");
    }
  });
  test("is told as set or not set, wherever people read", () => {
    expect(whatOf("set", data, undefined)).toBe("set passphrase=set");
    expect(changesOf(record)).toEqual([{ key: "passphrase", before: "not set", after: "set" }]);
    expect(JSON.stringify(viewOperation([record], () => undefined))).not.toContain("scrypt");
    const plan = { plan: [change("passphrase", hash)] };
    const rollback = recordOf({ ...record, type: "rollback.requested", data: { number: 6, ...plan } }, 2, {
      operation: "op-6",
    });
    expect(JSON.stringify(viewOperation([rollback], () => undefined))).not.toContain("scrypt");
  });
  test("is undone and rolled back to what it was", () => {
    const done = { number: 5, kind: "set", stream: "settings/daemon", result: "ok", data };
    expect(inverseOf(done as unknown as DoneOperation, set)).toEqual({
      inverse: change("passphrase", ""),
      lines: ['passphrase is "not set" again'],
    });
    const { steps, lines } = planRollback(worldOf([]), set);
    expect([steps, lines]).toEqual([[change("passphrase", hash)], ['passphrase is "set" again']]);
  });
});
