/** Requests that are called back: while they ask, before they come, and after they are done. */
import { expect, test } from "bun:test";
import { createRecall } from "../../src/daemon/recall.ts";

const never = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
const refusal = { code: "cancelled", message: "cancelled: launch web; nothing was made", exit: 130 };

test("one that asks ends at once, and says that nothing was made", async () => {
  const recall = createRecall();
  const asking = recall.run("one", "launch web", never);
  const other = recall.run("two", "launch db", async () => "its list");
  recall.callBack("one");
  await expect(asking).rejects.toMatchObject(refusal);
  expect(await other).toBe("its list");
});

test("one that does not heed its signal is refused all the same", async () => {
  const recall = createRecall();
  const answer = Promise.withResolvers<string>();
  const asking = recall.run("one", "launch web", () => answer.promise);
  recall.callBack("one");
  answer.resolve("found after all");
  await expect(asking).rejects.toMatchObject(refusal);
});

test("called back before it came, it does nothing; once", async () => {
  const recall = createRecall();
  let runs = 0;
  const run = () => recall.run("one", "launch web", async () => ++runs);
  recall.callBack("one");
  await expect(run()).rejects.toMatchObject(refusal);
  expect(runs).toBe(0);
  expect(await run()).toBe(1);
});

test("of those that never come, the oldest are forgotten", async () => {
  const recall = createRecall();
  for (let n = 0; n < 1_000; n++) recall.callBack(`c-${n}`);
  expect(await recall.run("c-0", "launch web", async () => "goes on")).toBe("goes on");
  await expect(recall.run("c-999", "launch web", async () => "goes on")).rejects.toMatchObject(refusal);
});
