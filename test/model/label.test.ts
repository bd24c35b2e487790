/** Labels: what they may be, and how many. */
import { expect, test } from "bun:test";
import { labelOf, labelsOf, parseLabel } from "../../src/model/label.ts";

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

test.each([
  ["use=demo", ["use", "demo"]],
  ["a=b=c", ["a", "b=c"]],
  ["app.example/part-of_x=ä b", ["app.example/part-of_x", "ä b"]],
  [`${"k".repeat(63)}=${"v".repeat(253)}`, ["k".repeat(63), "v".repeat(253)]],
])("%s is one", (text, pair) => expect(parseLabel(text)).toEqual(pair as [string, string]));

test.each([
  "use",
  "=demo",
  "use=",
  "-use=demo",
  "use-=demo",
  "__proto__=demo",
  "a b=demo",
  `${"k".repeat(64)}=v`,
  `k=${"v".repeat(254)}`,
  "k=a\nb",
  "k=\u001b[2J",
  "k=\u202eevil",
])("%p is none", (text) => expect(codeOf(() => parseLabel(text))).toBe("label-invalid"));

test("of a key given twice the last value counts, and there are at most 32 of them", () => {
  expect(
    labelsOf([
      ["a", "1"],
      ["a", "2"],
    ]),
  ).toEqual({ a: "2" });
  const pairs = (count: number) => Array.from({ length: count }, (_, index) => [`k${index}`, "v"] as const);
  expect(Object.keys(labelsOf(pairs(32)))).toHaveLength(32);
  expect(codeOf(() => labelsOf(pairs(33)))).toBe("labels-too-many");
});

test("what every object has is no label", () => {
  expect(labelOf({ a: "1" }, "constructor")).toBeUndefined();
  expect(labelOf({ constructor: "1" } as never, "constructor")).toBe("1");
});
