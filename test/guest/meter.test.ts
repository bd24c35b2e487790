/** The shell that tells what a guest uses: the real one, of this machine, and shells that are none. */
import { expect, test } from "bun:test";
import type { GuestChannel } from "../../src/guest/channel.ts";
import { openMeter } from "../../src/guest/meter.ts";
import { fakeChannel } from "../daemon/channels.ts";

const signal = () => AbortSignal.timeout(10_000);

/** A script on this machine, as far as a meter needs a channel. */
function shellHere(script: string) {
  const child = Bun.spawn(["sh", "-c", script], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const channel = {
    stdout: child.stdout,
    write: async (chunk: Uint8Array) => {
      child.stdin.write(chunk);
      await child.stdin.flush();
    },
    close: () => child.kill(),
  } as unknown as GuestChannel;
  return { child, channel };
}

test.skipIf(process.platform !== "linux")(
  "is asked again and again of one shell, which ends when it is closed",
  async () => {
    const opened: ReturnType<typeof shellHere>[] = [];
    const open = async (script: string) => {
      const shell = shellHere(script);
      opened.push(shell);
      return shell.channel;
    };
    const meter = await openMeter(open, signal());
    for (const _ of ["once", "twice"]) expect((await meter.ask(signal())).memoryUsedBytes).toBeGreaterThan(0);
    meter.close();
    await opened[0]?.child.exited;
    expect(opened).toHaveLength(1);
  },
);

test.each([
  ["a shell that ends", (guest: ReturnType<typeof fakeChannel>) => guest.finish({ code: 0 })],
  [
    "one that talks without end",
    (guest: ReturnType<typeof fakeChannel>) => guest.stdout.push(Buffer.alloc(70_000, "x")),
  ],
])("%s is lost", async (_, happen) => {
  const guest = fakeChannel();
  const meter = await openMeter(async () => guest.channel, signal());
  happen(guest);
  await expect(meter.ask(signal())).rejects.toMatchObject({ code: "meter-lost" });
});

test("a shell that says nothing is not waited for longer than the signal says", async () => {
  const guest = fakeChannel();
  const meter = await openMeter(async () => guest.channel, signal());
  const stop = new AbortController();
  const asked = meter.ask(stop.signal);
  stop.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
});
