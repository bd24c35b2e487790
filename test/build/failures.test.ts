/** What is said again at the end of `npm test`. */
import { expect, test } from "bun:test";
import { createFailures } from "../../build/failures.ts";

const saidOf = (lines: readonly string[]) => {
  const failures = createFailures();
  for (const line of lines) failures.take(line);
  return failures.said;
};

test("a failure is kept with what was said since the result before it", () => {
  const lines = ["(pass) one [1ms]", "error: expected 1", "(fail) two [2ms]", "(pass) three", "(fail) four"];
  expect(saidOf(lines)).toEqual(["error: expected 1\n(fail) two [2ms]", "(fail) four"]);
});

test("colours do not hide one, and nothing is said of none", () => {
  expect(saidOf(["\u001b[31m(fail) red\u001b[0m"])).toEqual(["(fail) red"]);
  expect(saidOf(["(pass) one", "(skip) two", "a line"])).toEqual([]);
});

test("an error between tests is kept with the result that follows it", () => {
  const lines = ["(pass) one", "# Unhandled error between tests", "error: late", "(pass) two", "(pass) three"];
  expect(saidOf(lines)).toEqual(["# Unhandled error between tests\nerror: late\n(pass) two"]);
});

test("neither many failures nor long ones grow without end", () => {
  const said = saidOf([...Array(1_000).fill("x".repeat(9_000)), ...Array(1_000).fill("(fail) again")]);
  expect(said.length).toBe(30);
  expect(said[0]?.length).toBeLessThan(17_000);
});
