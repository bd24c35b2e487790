/** The page's small pure parts: lists, windows, times, texts. */
import { expect, test } from "bun:test";
import { waitBefore } from "../../../src/gui/pure/backoff.ts";
import { commandId } from "../../../src/gui/pure/command-id.ts";
import { editsOf, keyOfInstance, linesOf } from "../../../src/gui/pure/configuration.ts";
import { plainText } from "../../../src/gui/pure/console-text.ts";
import { keyWord } from "../../../src/gui/pure/keys.ts";
import { createLineCutter } from "../../../src/gui/pure/lines.ts";
import { pendingOf, withKnown } from "../../../src/gui/pure/operations.ts";
import { canUndo, whyNotUndone } from "../../../src/gui/pure/outcomes.ts";
import { found } from "../../../src/gui/pure/palette.ts";
import { allOrNone, extended, stillThere, toggled } from "../../../src/gui/pure/selection.ts";
import { ago, until } from "../../../src/gui/pure/when.ts";
import { scrolledTo, windowOf } from "../../../src/gui/pure/window.ts";

test("waits grow to a bound and no further", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 50].map(waitBefore);
  expect(waits).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test("an id of a command is a UUID of version 7 with its time in front", () => {
  const id = commandId(Date.UTC(2026, 10, 28), new Uint8Array(10).fill(255));
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 28));
});

test("lines come whole, however they were cut, and none may be endless", () => {
  const cutter = createLineCutter(10);
  expect(cutter.push("a")).toEqual([]);
  expect(cutter.push("b\n\nc\nd")).toEqual(["ab", "c"]);
  expect(() => cutter.push("0123456789x")).toThrow(RangeError);
});

test("only the rows that are seen, and some around them, are drawn", () => {
  expect(windowOf(0, 400, 40, 100_000)).toEqual({ from: 0, to: 19 });
  expect(windowOf(4_000, 400, 40, 100_000)).toEqual({ from: 92, to: 119 });
  expect(windowOf(4_000, 400, 40, 5)).toEqual({ from: 0, to: 5 });
  expect(windowOf(-50, 0, 40, 0)).toEqual({ from: 0, to: 0 });
});

test("a row that is seen does not move the list", () => {
  expect(scrolledTo(3, 0, 400, 40)).toBe(0);
  expect(scrolledTo(10, 0, 400, 40)).toBe(40);
  expect(scrolledTo(0, 200, 400, 40)).toBe(0);
});

test("rows are chosen one by one, up to one, all, and no longer than they are there", () => {
  const shown = ["a", "b", "c", "d"];
  expect([...toggled(new Set(["a"]), "a")]).toEqual([]);
  expect([...extended(new Set(["a"]), shown, "b", "d")]).toEqual(["a", "b", "c", "d"]);
  expect([...extended(new Set(), shown, "d", "b")]).toEqual(["b", "c", "d"]);
  expect([...extended(new Set(), shown, "gone", "b")]).toEqual(["b"]);
  expect(allOrNone(new Set(shown), shown).size).toBe(0);
  expect(allOrNone(new Set(["a"]), shown).size).toBe(4);
  expect([...stillThere(new Set(["a", "x"]), new Set(["a"]))]).toEqual(["a"]);
});

test("times are told by their largest unit, and a clock that is ahead is now", () => {
  const now = Date.UTC(2026, 10, 28, 8);
  const before = (ms: number) => ago(new Date(now - ms).toISOString(), now);
  expect([
    before(-60_000),
    before(1_000),
    before(42_000),
    before(300_000),
    before(10_800_000),
    before(259_200_000),
  ]).toEqual(["now", "now", "42 s ago", "5 min ago", "3 h ago", "3 d ago"]);
  expect(until(new Date(now + 90_000).toISOString(), now)).toBe("in 1 min 30 s");
  expect(until(new Date(now - 1).toISOString(), now)).toBe("due");
});

test("a guest's console moves, colours and rings nothing here", () => {
  const text = "a\u001b[31mred\u001b[0m\u001b]0;title\u0007\u001b[2J\u0007b\r\nc\td<script>";
  expect(plainText(text)).toBe("aredb\nc\td<script>");
});

test("edits are what differs, in the order of the rows, and are lines of the command line", () => {
  const rows = [
    { key: "local.web.cpus", value: "1" },
    { key: "local.web.label.note", value: "" },
  ];
  const edits = editsOf(rows, { "local.web.label.note": "a b", "local.web.cpus": "1", gone: "x" });
  expect(edits).toEqual([{ key: "local.web.label.note", before: "", after: "a b" }]);
  expect(linesOf(edits)).toEqual(["strata set 'local.web.label.note=a b'"]);
  expect(keyOfInstance("local.web.cpus", "web")).toBe("cpus");
  expect(keyOfInstance("local.webby.cpus", "web")).toBeUndefined();
});

test("what is under way comes from instances, and from the history what has no instance", () => {
  const operation = { id: "o2", number: 2, kind: "stop" as const, step: "stop", requestedAt: "t" };
  const row = { time: "t", who: "root", type: "rollback", result: "pending", position: 3 };
  const rows = [
    { ...row, operation: "o3", number: 3, what: "rollback" },
    { ...row, operation: "o2", number: 2, what: "stop web" },
    { ...row, operation: "o1", number: 1, what: "launch web", result: "ok" },
  ];
  expect(pendingOf([{ name: "web", operation }, { name: "db" }], rows).map(({ what, step }) => [what, step])).toEqual([
    ["rollback", undefined],
    ["stop web", "stop"],
  ]);
});

test("undo is offered where the daemon can do it, and the reason told where not", () => {
  expect(canUndo("delete")).toBe(true);
  expect(canUndo("purge")).toBe(false);
  expect(canUndo("something new")).toBe(false);
  expect(whyNotUndone("purge")).toContain("final");
});

test("the palette finds letters in their order, and beginnings of words first", () => {
  const entries = ["Restart web", "Stop web", "Start web", "Settings"].map((title) => ({
    id: title,
    title,
    about: "",
  }));
  expect(found("sto we", entries, 3)[0]?.title).toBe("Stop web");
  expect(found("sett", entries, 3).map(({ title }) => title)).toEqual(["Settings"]);
  expect(found("zzz", entries, 3)).toEqual([]);
  expect(found("", entries, 2)).toHaveLength(2);
});

test("a key is one word with what was held down", () => {
  const key = { ctrlKey: false, metaKey: false, altKey: false };
  expect(keyWord({ ...key, key: "?" })).toBe("?");
  expect(keyWord({ ...key, key: "K", ctrlKey: true })).toBe("Ctrl+k");
  expect(keyWord({ ...key, key: "k", metaKey: true })).toBe("Ctrl+k");
});

test("rows that say the same stay the same, so that what shows them is not drawn again", () => {
  const row = (position: number, result: string) =>
    ({ type: "start", time: "2026-11-28T08:00:00.000Z", who: "ada", result, position, what: "start web" }) as const;
  const known = [row(9, "pending"), row(8, "ok")];
  const rows = withKnown([row(10, "ok"), row(9, "ok"), row(8, "ok")], known);
  expect(rows).toEqual([row(10, "ok"), row(9, "ok"), row(8, "ok")]);
  expect(rows[2]).toBe(known[1]);
});
