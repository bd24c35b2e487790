/** Keeps what a test run said of each failure, so that it can be said again at the end, where it is looked for. */

/** Lines kept before a failed test's own line, the newest: what it expected, and what it got. */
const linesMax = 40;
const failuresMax = 30;
/** Of one line: a text that was not the expected one may be long. */
const lineCharsMax = 400;

const isResult = (line: string): boolean => /^\((pass|skip|todo)\) /.test(line);
const isFailure = (line: string): boolean => line.startsWith("(fail) ");
/** What was thrown while no test ran. */
const isOutside = (line: string): boolean => line.startsWith("# Unhandled error");

export interface Failures {
  /** Takes the lines of the run, in order. */
  take(line: string): void;
  /** Each failure with what was said before it; empty when there was none. */
  readonly said: readonly string[];
}

export function createFailures(): Failures {
  const said: string[] = [];
  let before: string[] = [];
  const keep = (): void => {
    if (said.length < failuresMax) said.push(before.join("\n").trim());
  };
  return {
    said,
    take(colored) {
      const line = Bun.stripANSI(colored).slice(0, lineCharsMax);
      before = [...before, line].slice(-linesMax);
      if (!isResult(line) && !isFailure(line)) return;
      if (isFailure(line) || before.some(isOutside)) keep();
      before = [];
    },
  };
}
