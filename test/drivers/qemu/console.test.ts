import { expect, test } from "bun:test";
import { consoleFileBytesMax, createConsole } from "../../../src/drivers/qemu/console.ts";
import type { Qmp } from "../../../src/drivers/qemu/qmp.ts";
import { createDisk } from "../../simulation/disk.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";

/** A machine whose console prints what the test says, in chunks as QEMU gives them. */
function bench() {
  let printed = Buffer.alloc(0);
  const qmp: Qmp = {
    execute: async (_command, args) => {
      const size = Number(args?.["size"]);
      const chunk = printed.subarray(0, size);
      printed = printed.subarray(size);
      return chunk.toString("base64");
    },
    pass: async () => {},
    lend: async () => "",
    isSilent: () => false,
    close: () => {},
  };
  const files = createDisk().boot();
  const clock = createSimulatedClock();
  const console = createConsole({ files, clock }, "/console.log", () => qmp);
  return {
    console,
    files,
    clock,
    print: (text: string | Uint8Array) => (printed = Buffer.concat([printed, Buffer.from(text)])),
  };
}
const never = new AbortController().signal;

test("what QEMU holds goes to the file, after what is there already, byte for byte", async () => {
  const { console, files, print } = bench();
  print(Buffer.from([0, 255, 10]));
  await console.drain();
  print("two");
  const chunks = [];
  for await (const chunk of console.read({ follow: false, signal: never })) chunks.push(chunk);
  expect(Buffer.concat(chunks)).toEqual(Buffer.from([0, 255, 10, ...Buffer.from("two")]));
  expect(await files.read("/console.log")).toEqual(Buffer.concat(chunks));
});

test("the file never outgrows its bound and keeps the newest", async () => {
  const { console, files, print } = bench();
  for (let round = 0; round < 40; round++) {
    print(String(round % 10).repeat(100_000));
    await console.drain();
    expect((await files.read("/console.log")).length).toBeLessThanOrEqual(consoleFileBytesMax);
  }
  const kept = Buffer.from(await files.read("/console.log")).toString();
  expect(kept.endsWith("8".repeat(100_000) + "9".repeat(100_000))).toBe(true);
});

test("a follower hears what comes later, once, and ends when its signal does", async () => {
  const { console, clock, print } = bench();
  print("early ");
  const controller = new AbortController();
  const following = console.read({ follow: true, signal: controller.signal });
  expect(Buffer.from((await following.next()).value ?? []).toString()).toBe("early ");
  print("late");
  expect(Buffer.from((await following.next()).value ?? []).toString()).toBe("late");
  const last = following.next();
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  controller.abort();
  clock.step();
  expect((await last).done).toBe(true);
});

test("a machine that is gone leaves what is in the file", async () => {
  const { files } = bench();
  await files.writeAtomically("/console.log", Buffer.from("old"), 0o600);
  const console = createConsole({ files, clock: createSimulatedClock() }, "/console.log", () => undefined);
  const first = await console.read({ follow: false, signal: never }).next();
  expect(Buffer.from(first.value ?? []).toString()).toBe("old");
});
