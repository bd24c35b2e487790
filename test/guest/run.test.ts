/** Commands that the daemon runs in a guest for itself. */
import { expect, test } from "bun:test";
import { runToEnd } from "../../src/guest/run.ts";
import { fakeChannel } from "../daemon/channels.ts";

const signal = () => AbortSignal.timeout(10_000);

test("both outputs and the exit come back, and the command's stdin is at its end", async () => {
  const { channel, stdout, stderr, heard, finish } = fakeChannel();
  const running = runToEnd(channel, signal());
  stdout.push(Buffer.from("hel"));
  stdout.push(Buffer.from("lo\n"));
  stderr.push(Buffer.from("oh\n"));
  finish({ code: 3 });
  expect(await running).toEqual({ exit: { code: 3 }, stdout: "hello\n", stderr: "oh\n" });
  expect(heard).toEqual(["end"]);
});

test("a flood is read to its end and kept within a bound", async () => {
  const { channel, stdout, finish } = fakeChannel();
  const running = runToEnd(channel, signal());
  for (let count = 0; count < 100; count++) stdout.push(Buffer.alloc(10_000, 120));
  finish({ code: 0 });
  expect((await running).stdout).toHaveLength(64 * 1024);
  expect(stdout.waiting()).toBe(0);
});

test("who gives up leaves the session", async () => {
  const controller = new AbortController();
  const { channel, heard } = fakeChannel();
  const running = runToEnd(channel, controller.signal);
  controller.abort("timeout");
  await expect(running).rejects.toBe("timeout");
  expect(heard).toContain("close");
});
