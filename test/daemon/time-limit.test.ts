/** What becomes of a command whose time is up. */
import { expect, test } from "bun:test";
import { limitTime } from "../../src/daemon/time-limit.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { microtasks } from "../simulation/microtasks.ts";

/** `sendMs`: how long a signal is on its way. */
function limited(sendMs = 0) {
  const clock = createSimulatedClock();
  const sent: [number, string][] = [];
  const limit = limitTime(clock, { ms: 1_000, instance: "web" }, async (name) => {
    sent.push([clock.elapsedMs(), name]);
    if (sendMs > 0) await clock.sleep(sendMs);
  });
  const step = async () => {
    await microtasks(20);
    return clock.step();
  };
  return { clock, sent, limit, step };
}

test("it is asked to end, killed five seconds after it heard that, and then given up", async () => {
  const { clock, sent, limit, step } = limited(2_000);
  expect(limit.isOver()).toBe(false);
  while (await step());
  expect(limit.isOver()).toBe(true);
  expect(sent).toEqual([
    [1_000, "TERM"],
    [8_000, "KILL"],
  ]);
  expect(clock.elapsedMs()).toBe(15_000);
  await expect(limit.givenUp).rejects.toMatchObject({ code: "command-not-ended", exit: 125 });
});

test("one that has ended gets no signal any more", async () => {
  const { sent, limit, step } = limited();
  await step();
  await microtasks(20);
  limit.disarm();
  while (await step());
  expect(sent).toEqual([[1_000, "TERM"]]);
});

test("one that ends in time never has one", async () => {
  const { sent, limit, step } = limited();
  limit.disarm();
  expect([await step(), sent, limit.isOver()]).toEqual([false, [], false]);
});
