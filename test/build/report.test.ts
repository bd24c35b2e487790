/** What `npm test` makes of a test run. */
import { expect, test } from "bun:test";
import { add, closingLine, totalsOf } from "../../build/report.ts";

const report = (tests: number, failures: number, skipped: number) =>
  `<?xml version="1.0"?>\n<testsuites name="bun test" tests="${tests}" assertions="6" failures="${failures}" skipped="${skipped}" time="0.1">\n<testsuite name="a" tests="99">`;

test("passed tests are those that neither failed nor were skipped", () => {
  expect(totalsOf(report(12, 2, 3), 1)).toEqual({ passed: 7, failed: 2 });
});

test("a run that ended without a report is a failure", () => {
  expect(totalsOf(undefined, 0)).toEqual({ passed: 0, failed: 1 });
});

test("a run without any test is a failure", () => {
  expect(totalsOf(report(0, 0, 0), 0)).toEqual({ passed: 0, failed: 1 });
  expect(totalsOf(report(4, 0, 4), 0)).toEqual({ passed: 0, failed: 1 });
});

test("an error outside of any test is a failure", () => {
  expect(totalsOf(report(5, 0, 0), 1)).toEqual({ passed: 5, failed: 1 });
});

test("the closing line adds up all parts", () => {
  expect(closingLine(add({ passed: 5, failed: 0 }, { passed: 7, failed: 2 }))).toBe("12 passed, 2 failed");
});
