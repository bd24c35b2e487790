/** Terminals that are kept, on a real guest: left, lost and come back to; and a flood that a client does not take. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "../../src/api/client.ts";
import { openFrames } from "../../src/api/frames.ts";
import type { TerminalView } from "../../src/model/terminal.ts";
import { version } from "../../package.json";
import { binary, createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

type Step = { expect: string } | { send: string };

/** A client in a real terminal. */
function play(words: readonly string[], script: readonly Step[]) {
  const player = ["python3", join(import.meta.dir, "terminal.py"), "100", "40", JSON.stringify(script), binary];
  const child = Bun.spawn([...player, ...words], { env: home.environment, stdin: "ignore", stdout: "pipe" });
  return { child, ended: Promise.all([new Response(child.stdout).text(), child.exited]) };
}

const listed = async (): Promise<TerminalView[]> =>
  JSON.parse(await home.ok("attach", "--list", "web", "--json")).terminals;
const client = async () => {
  const { socket } = JSON.parse(await home.ok("daemon", "status", "--json")) as { socket: string };
  return createClient({ target: { socket, origin: "host" }, version });
};
const residentOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

test(
  "a shell that was left goes on, and is as it was for the next client, whatever happened to the one before",
  async () => {
    const [shown, code] = await play(
      ["shell", "web", "--keep"],
      [{ expect: "[$#] " }, { send: "V=seen; echo one$V\r" }, { expect: "oneseen" }, { send: "\x1d" }],
    ).ended;
    expect([code, shown]).toEqual([
      0,
      expect.stringMatching(/Left running: terminal 1 of web +\(strata attach web 1\)/),
    ]);
    expect(await listed()).toMatchObject([{ number: 1, state: "left", attached: 0, columns: 100, rows: 40 }]);

    // What is typed last prints after its client is gone.
    const late = "until [ -e /tmp/alone ]; do sleep 0.1; done; echo two$V";
    const lost = play(["attach", "web"], [{ expect: "oneseen" }, { send: `${late}\r` }, { expect: "never" }]);
    await until("it is attached", async () => (await listed())[0]?.attached === 1);
    await until("it has typed", async () => (await home.ok("exec", "web", "--", "ps")).includes("sleep 0.1"));
    lost.child.kill("SIGKILL");
    await lost.ended;
    await until("nobody is attached", async () => (await listed())[0]?.attached === 0);
    await home.ok("exec", "web", "--", "touch", "/tmp/alone");

    const [again, left] = await play(
      ["attach", "web", "1"],
      [{ expect: "oneseen" }, { expect: "twoseen" }, { send: "exit 7\r" }],
    ).ended;
    expect([again.includes("(not seen"), left]).toEqual([false, 7]);
    expect(await listed()).toMatchObject([{ state: "ended", gone: { result: "7" } }]);
    expect(await home.ok("events", "--json")).toContain(`"result":"7"`);
  },
  guestMs,
);

test(
  "a guest that prints 200 MB is held back by a client that grants nothing more, and runs on without it; the daemon does not grow",
  async () => {
    const api = await client();
    const size = { columns: 80, rows: 24 };
    const input = { command: Bun.randomUUIDv7(), instance: "web", term: "xterm", ...size };
    const { id } = await api.call("terminal.open", input);
    const attach = { terminal: id, ...size, window: 65_536 };
    const stream = await openFrames(api, version, "terminal.attach", attach);
    await stream.write("stdin", Buffer.from("head -c 200000000 /dev/zero | tr '\\0' x\n"));
    const pid = await home.daemonPid();
    const before = residentOf(pid);
    let bytes = 0;
    const take = async (wanted: number) => {
      while (bytes < wanted) {
        const frame = await stream.read();
        if (frame === undefined) throw new Error(`the daemon left after ${bytes} bytes`);
        if (frame.type === "stdout") bytes += frame.payload.length;
      }
    };
    const written = () => home.ok("exec", "web", "--", "sh", "-c", "grep wchar /proc/$(pidof tr)/io");
    const isStill = async () => (await written()) === (await written());

    await take(65_536);
    await until("the guest is held back", isStill);
    expect(bytes).toBe(65_536);
    await stream.send("window", { bytes: 8 << 20 });
    await take(65_536 + (8 << 20));
    await until("the guest is held back again", isStill);
    expect(bytes).toBe(65_536 + (8 << 20));
    expect(residentOf(pid) - before).toBeLessThan(48 << 20);

    stream.destroy();
    await until("the guest prints on", async () => !(await isStill()));
    expect(residentOf(pid) - before).toBeLessThan(48 << 20);
    expect(await api.call("terminal.close", { terminal: id })).toMatchObject({ gone: { result: "closed" } });
    await until("its command is hung up", async () => !(await home.ok("exec", "web", "--", "ps")).includes("tr "));
  },
  guestMs,
);

test(
  "a daemon that keeps a terminal is busy; a stop of the instance ends it, and the list says so",
  async () => {
    const api = await client();
    const input = { command: Bun.randomUUIDv7(), instance: "web", term: "xterm", columns: 80, rows: 24 };
    const { id } = await api.call("terminal.open", input);
    // A newer client does not replace a daemon that somebody's shell would end with.
    expect(await api.probe()).toMatchObject({ busy: true });
    await home.ok("stop", "web");
    await until("it has ended", async () => (await listed()).find((each) => each.id === id)?.gone !== undefined);
    expect((await listed()).find((each) => each.id === id)?.gone?.result).toMatch(/^lost: /);
  },
  guestMs,
);
