/** What becomes of a command whose time is up. */
import { expect, test } from "bun:test";
import { endGraceMs, limitTime } from "../../src/daemon/time-limit.ts";
import { createSimulatedClock } from "../simulation/clock.ts";

function limited(ms: number) {
  const clock = createSimulatedClock();
  const sent: [number, string][] = [];
  const limit = limitTime(clock, { ms, instance: "web" }, (name) => sent.push([clock.elapsedMs(), name]));
  return { clock, sent, limit };
}

test("it is asked to end, then killed, then given up", async () => {
  const { clock, sent, limit } = limited(1_000);
  expect(limit.isOver()).toBe(false);
  clock.step();
  expect(limit.isOver()).toBe(true);
  clock.step();
  expect(sent).toEqual([
    [1_000, "TERM"],
    [1_000 + endGraceMs, "KILL"],
  ]);
  clock.step();
  await expect(limit.givenUp).rejects.toMatchObject({ code: "command-not-ended", exit: 125 });
  expect(clock.step()).toBe(false);
});

test("one that has ended gets no signal any more", () => {
  const { clock, sent, limit } = limited(1_000);
  clock.step();
  limit.disarm();
  expect(clock.step()).toBe(false);
  expect(sent).toHaveLength(1);
});
