/** Reads the totals of a test run from Bun's JUnit report. */

export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/**
 * `report` is the text of the file, absent when the run ended before writing it. A run that failed without a failed test
 * (a file that does not load, an error between tests) and a run without any test count as one failure.
 */
export function totalsOf(report: string | undefined, exitCode: number): Totals {
  const attributes = report?.match(/<testsuites\b[^>]*>/)?.[0] ?? "";
  const count = (name: string) => Number(attributes.match(new RegExp(`\\b${name}="(\\d+)"`))?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  const passed = count("tests") - count("failures") - count("skipped");
  const isSilentFailure = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed: Math.max(passed, 0), failed: isSilentFailure ? 1 : failed };
}

export const add = (a: Totals, b: Totals): Totals => ({ passed: a.passed + b.passed, failed: a.failed + b.failed });

/** The last line of `npm test`. */
export const closingLine = ({ passed, failed }: Totals): string => `${passed} passed, ${failed} failed`;
