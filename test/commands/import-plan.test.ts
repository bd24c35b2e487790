/** What becomes of each instance that another manager keeps. */
import { expect, test } from "bun:test";
import { planImport } from "../../src/commands/import-plan.ts";
import { foreignStore as store } from "../render/samples-import.ts";

const rowsOf = (here: Parameters<typeof planImport>[1], names: readonly string[] = []) =>
  planImport(store, here, names).map(({ name, verdict, why, next }) => [name, verdict, why, next]);
const from = { manager: "multipass", name: "web", mac: "52:54:00:aa:bb:01" } as const;

test("all are imported but what cannot be, which says why and what to do", () => {
  expect(rowsOf([])).toEqual([
    ["db", "refuse", "it is running in Multipass, which writes to its disk", "multipass stop db"],
    ["old", "import", undefined, undefined],
    ["web", "import", undefined, undefined],
  ]);
});

test("what was imported before is passed over, under whatever name it is here now", () => {
  expect(rowsOf([{ name: "web", state: "Stopped", from }], ["web"])[0]?.slice(1, 3)).toEqual([
    "skip",
    "imported already: web",
  ]);
  expect(rowsOf([{ name: "shop", state: "Deleted", from }], ["web"])[0]?.slice(1, 3)).toEqual([
    "skip",
    "imported already: shop, in the trash",
  ]);
});

test("a name that another instance has is refused, also when that came from another machine of the same name", () => {
  const refused = ["web", "refuse", "another instance of strata is called web", "strata rename web NAME"];
  expect(rowsOf([{ name: "web", state: "Running" }], ["web"])).toEqual([refused]);
  const other = { ...from, mac: "52:54:00:aa:bb:99" };
  expect(rowsOf([{ name: "web", state: "Stopped", from: other }], ["web"])).toEqual([refused]);
});

test("mounts come as lines to paste", () => {
  expect(planImport(store, [], ["web"])[0]?.mounts).toEqual(["strata mount '/home/me/my src' web:/home/ubuntu/src"]);
});

test("a name that is not there is told, with the one that was meant", () => {
  expect(() => planImport(store, [], ["wbe"])).toThrow(
    expect.objectContaining({ code: "instance-not-found", hints: expect.arrayContaining([["did you mean", "web"]]) }),
  );
});
