/** Which instances a filter means. */
import { expect, test } from "bun:test";
import { fits, parseFilter } from "../../src/model/filter.ts";

const web = { name: "web-1", state: "Running", labels: { use: "demo", "a.b/c": "x=y" } };

test.each([
  ["label=use=demo", true],
  ["label=use=other", false],
  ["label=use", true],
  ["label=tier", false],
  ["label=constructor", false],
  ["label=a.b/c=x=y", true],
  ["state=Running", true],
  ["state=running", true],
  ["state=Stopped", false],
  ["name=web-1", true],
  ["name=web-*", true],
  ["name=web", false],
])("%s", (text, isMeant) => expect(parseFilter(text)(web)).toBe(isMeant));

test.each([
  "",
  "web",
  "label=",
  "label==x",
  "colour=red",
  "state=",
  "state=Runing",
  "name=",
  `name=${"a".repeat(201)}`,
])("%p is none", (text) =>
  expect(() => parseFilter(text)).toThrow(expect.objectContaining({ code: "filter-invalid", exit: 1 })),
);

test.each([
  ["abc", "abc", true],
  ["abc", "a?c", true],
  ["abc", "a?", false],
  ["abc", "*", true],
  ["", "**", true],
  ["abcabc", "a*bc", true],
  ["abcabd", "a*bc", false],
  ["a.c", "a.c", true],
  ["abc", "a.c", false],
  ["a[bc", "a[*", true],
])("%p against %p", (text, pattern, isFit) => expect(fits(text, pattern)).toBe(isFit));

test("a pattern that is made to be slow is not", () => {
  expect(fits("a".repeat(63), `${"a*".repeat(99)}b`)).toBe(false);
});
