/** A history that is printed piece by piece stays one table. */
import { expect, test } from "bun:test";
import { historyView, keptHistory } from "../../src/render/history.ts";
import { history, page } from "./samples.ts";

test("the header comes once, and columns stand where they stood, or wider", () => {
  const kept = keptHistory();
  const [newest, ...older] = history;
  if (!newest) throw new Error("no sample");
  const wide = { ...newest, what: "stop database-of-the-accounting-department" };
  const shown = [older, [], [newest], [wide], [newest]].map((rows) => historyView(rows, { kept }).table(page));
  const starts = shown.map((text) =>
    text
      .split("\n")
      .at(0)
      ?.search(/RESULT|failed|ok|127/),
  );
  expect(shown[0]).toStartWith("OP");
  expect(shown.slice(1).join("\n")).not.toContain("RESULT");
  expect(shown[1]).toBe("");
  expect(starts[2]).toBe(starts[0] ?? -1);
  expect(starts[4]).toBe(starts[3] ?? -1);
  expect(starts[3]).toBeGreaterThan(starts[0] ?? 0);
});
