/** How long an operation still has when somebody sets the clock. */
import { expect, test } from "bun:test";
import { createDeadlines } from "../../src/daemon/deadlines.ts";
import { createSimulatedClock } from "../simulation/clock.ts";

const minuteMs = 60_000;
const yearsMs = 10 * 365 * 86_400_000;

function operationOf(leftMs: number) {
  const clock = createSimulatedClock();
  const operation = { id: "op-1", deadline: new Date(clock.now().getTime() + leftMs).toISOString() };
  return { clock, operation, deadlines: createDeadlines(clock) };
}

test.each([yearsMs, -yearsMs])("a wall clock that jumps by %d ms while it runs changes nothing", async (jumpMs) => {
  const { clock, operation, deadlines } = operationOf(5 * minuteMs);
  expect(deadlines.leftMs(operation)).toBe(5 * minuteMs);
  clock.jump(jumpMs);
  void clock.sleep(minuteMs);
  clock.step();
  expect(deadlines.leftMs(operation)).toBe(4 * minuteMs);
});

test("a wall clock that was set back before it is seen gives it no more than any operation has, which a timer can wait", () => {
  const { clock, operation, deadlines } = operationOf(5 * minuteMs);
  clock.jump(-yearsMs);
  expect(deadlines.leftMs(operation)).toBe(2 * 86_400_000);
});

test("a deadline that is moved counts from then on", () => {
  const { clock, operation, deadlines } = operationOf(5 * minuteMs);
  deadlines.leftMs(operation);
  const moved = { ...operation, deadline: new Date(clock.now().getTime() + 9 * minuteMs).toISOString() };
  expect(deadlines.leftMs(moved)).toBe(9 * minuteMs);
});

test("of very many operations the oldest is measured by the wall clock again", () => {
  const { clock, operation, deadlines } = operationOf(5 * minuteMs);
  deadlines.leftMs(operation);
  for (let other = 0; other < 1_000; other++) deadlines.leftMs({ ...operation, id: `other-${other}` });
  clock.jump(minuteMs);
  expect(deadlines.leftMs(operation)).toBe(4 * minuteMs);
});
