/** What is kept of a command's output. */
import { expect, test } from "bun:test";
import { createCapture } from "../../src/client/capture.ts";

test("the first bytes are kept, in order, and all are counted", async () => {
  const capture = createCapture(5);
  const chunk = Buffer.from("abc");
  await capture.take(chunk);
  chunk.fill("x");
  await capture.take(Buffer.from("def"));
  await capture.take(Buffer.from("ghi"));
  const { bytes, allBytes } = capture.taken();
  expect([Buffer.from(bytes).toString(), allBytes]).toEqual(["abcde", 9]);
});
