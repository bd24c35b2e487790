/** What a guest is asked to tell its users, by the words that a real shell makes of it. */
import { expect, test } from "bun:test";
import { announce, type Announcement } from "../../src/guest/wall.ts";
import { fakeChannel } from "../daemon/channels.ts";

/** The script, run by this machine's shell with a `wall` and a `sudo` of its own. */
async function heard(announcement: Announcement): Promise<string> {
  let asked = "";
  const open = async (script: string) => {
    asked = script;
    const { channel, finish } = fakeChannel();
    queueMicrotask(() => finish({ code: 0 }));
    return channel;
  };
  await announce(open, announcement, AbortSignal.timeout(10_000));
  const shell = Bun.spawn(["sh", "-c", `wall() { cat; }; sudo() { return 1; }\n${asked}`], {
    env: { ...process.env, TZ: "UTC" },
    stdout: "pipe",
  });
  return new Response(shell.stdout).text();
}

test("the time of a stop is told by the guest's own clock, and what calls it off", async () => {
  expect(await heard({ name: "web", stopsAtMs: Date.UTC(2026, 10, 20, 14, 5) })).toBe(
    "This machine is going down for poweroff at 14:05. On its host, 'strata stop --cancel web' calls that off.\n",
  );
});

test("that it does not come after all is told too", async () => {
  expect(await heard({ name: "web" })).toBe("The stop of this machine is called off: web runs on.\n");
});
