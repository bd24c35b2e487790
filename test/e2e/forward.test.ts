/** A page served by a real guest, fetched on the host through a forwarded port: kept over everything, refused where it cannot be, gone when removed. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
let port = 0;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
  await serve();
}, guestMs);
afterAll(() => home.close(), 60_000);

const page = "a page of the guest";
/** Leaves a server at port 8000 and one at port 80. */
const serve = () =>
  home.ok(
    "exec",
    "web",
    "--",
    "sh",
    "-c",
    `mkdir -p /tmp/www && echo '${page}' >/tmp/www/index.html
sudo busybox httpd -p 80 -h /tmp/www; busybox httpd -p 8000 -h /tmp/www`,
  );
const fetched = (where: number): Promise<string | undefined> =>
  fetch(`http://127.0.0.1:${where}/`, { signal: AbortSignal.timeout(10_000) }).then(
    async (answer) => (await answer.text()).trim(),
    () => undefined,
  );
/** A port of root's that nobody has, where others may look for one at the same time. */
function freeLowPort(): number {
  for (let port = 600 + (process.pid % 400); port < 1024; port++) {
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).stop(true);
      return port;
    } catch {
      // Somebody has it.
    }
  }
  throw new Error("no port below 1024 is free");
}
const served = (where: number) =>
  until(`port ${where} serves the page`, async () => (await fetched(where)) === page, 60_000);
const listed = async () => JSON.parse(await home.ok("forward", "--json")).forwards as Record<string, unknown>[];
const restartGuest = async () => {
  await home.ok("stop", "web");
  expect(await fetched(port)).toBeUndefined();
  expect(await listed()).toMatchObject([{ state: "waiting" }]);
  await home.ok("start", "web");
  await serve();
};

test(
  "a free port is chosen and said, and leads to the page",
  async () => {
    const added = await home.run(["forward", "web", "8000"]);
    const said = /^Forwarded: (\d+)\/tcp to port 8000 of web .*\nreached at {2}127\.0\.0\.1:\1$/m.exec(added.stderr);
    expect(added.stderr).toEqual(expect.stringMatching(/^Forwarded: \d+\/tcp to port 8000 of web/));
    port = Number(said?.[1]);
    expect(await fetched(port)).toBe(page);
    expect(await listed()).toEqual([
      { instance: "web", protocol: "tcp", bind: "127.0.0.1", host: port, guest: 8000, state: "open" },
    ]);
  },
  guestMs,
);

test(
  "it is kept when the daemon is killed, and when the guest is stopped and started",
  async () => {
    process.kill(await home.daemonPid(), "SIGKILL");
    expect(await fetched(port)).toBe(page);
    expect(await listed()).toMatchObject([{ host: port, state: "open" }]);
    await restartGuest();
    await served(port);
  },
  2 * guestMs,
);

test(
  "it goes on with a guest that goes on from its memory",
  async () => {
    await home.ok("suspend", "web");
    expect(await fetched(port)).toBeUndefined();
    await home.ok("start", "web");
    await served(port);
  },
  guestMs,
);

test(
  "a port that a process of the host has is refused with its name and number",
  async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port: taken } = server.address() as { port: number };
    const ran = await home.run(["forward", "web", `${taken}:80`]);
    expect([ran.code, ran.stderr]).toEqual([
      2,
      expect.stringMatching(new RegExp(`port ${taken}/tcp is taken by \\S+, pid ${process.pid} \\[port-taken\\]`)),
    ]);
    server.close();
  },
  guestMs,
);

test(
  "a port that somebody took while the guest was off is told with the holder, and comes back when it is free",
  async () => {
    await home.ok("stop", "web");
    const server = createServer().listen(port, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    await home.ok("start", "web");
    await until("it is told", async () => (await listed())[0]?.["state"] === "lost");
    expect(await listed()).toMatchObject([
      { state: "lost", code: "port-taken", reason: expect.stringContaining(`pid ${process.pid}`) },
    ]);
    expect(await home.ok("explain", "web")).toContain(`pid ${process.pid}`);
    await new Promise((resolve) => server.close(resolve));
    await serve();
    await served(port);
    const history = await home.ok("history", "web");
    expect(history).toContain(`port ${port}/tcp lost`);
    expect(history).toContain(`port ${port}/tcp is back`);
  },
  2 * guestMs,
);

test(
  "a port of root leads in where the daemon is root, and is refused with what helps elsewhere",
  async () => {
    const isRoot = process.getuid?.() === 0;
    const low = isRoot ? freeLowPort() : 89;
    const added = await home.run(["forward", "web", `127.0.0.1:${low}:80`]);
    if (!isRoot) {
      expect([added.code, added.stderr]).toEqual([4, expect.stringContaining("[port-privileged]")]);
      return;
    }
    expect(added).toMatchObject({ code: 0 });
    expect(await fetched(low)).toBe(page);
    process.kill(await home.daemonPid(), "SIGKILL");
    expect(await fetched(low)).toBe(page);
    await home.ok("forward", "remove", "web", String(low));
    expect(await fetched(low)).toBeUndefined();
  },
  guestMs,
);

test(
  "datagrams go in, at every address of the host: the guest counts those for a port that nobody has",
  async () => {
    const counted = async () => {
      const lines = await home.ok("exec", "web", "--", "grep", "^Udp: [0-9]", "/proc/net/snmp");
      return Number(lines.split(" ")[2]);
    };
    const before = await counted();
    const added = await home.run(["forward", "web", "0.0.0.0::5300/udp"]);
    const [, udp] = /^Forwarded: 0\.0\.0\.0:(\d+)\/udp/.exec(added.stderr) ?? [];
    const socket = createSocket("udp4").on("error", () => undefined);
    await until("one arrives", async () => {
      socket.send("hello", Number(udp), "127.0.0.1");
      return (await counted()) > before;
    });
    socket.close();
    await home.ok("forward", "remove", "web", `0.0.0.0:${udp}/udp`);
  },
  guestMs,
);

test(
  "removed, it is closed; undone, it is back; and history has it all",
  async () => {
    await home.ok("forward", "remove", "web", String(port));
    expect(await fetched(port)).toBeUndefined();
    expect(await listed()).toEqual([]);
    await home.ok("undo", "--yes");
    await served(port);
    expect((await home.run(["forward", "remove", "web", "1"])).stderr).toContain("[forward-not-found]");
    expect(await home.ok("history", "web", "--key", `forward:${port}/tcp`)).toContain(`${port}:8000`);
  },
  guestMs,
);
