/** Two real guests of one daemon that reach each other by name, through the compiled binary; the switch outlives daemons and is replaced when it dies. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  for (const name of ["web", "db"]) await home.ok("launch", "tiny", "--name", name, "--memory", "128M");
}, 2 * guestMs);
afterAll(() => home.close(), 60_000);

const inside = (name: string, ...words: readonly string[]) => home.ok("exec", name, "--", ...words);
const reaches = async (from: string, to: string) =>
  (await home.run(["exec", from, "--", "sudo", "ping", "-c", "1", "-W", "2", to])).code === 0;
/** A single packet may be late, or lost, where everything is busy. */
const finds = (from: string, to: string) => until(`${from} reaches ${to}`, () => reaches(from, to));
const switches = () => home.processes("\0helper\0switch\0");

test(
  "sisters reach each other by name and by address, and know who is who",
  async () => {
    const { ipv4 } = JSON.parse(await home.ok("info", "db", "--json")).info.db;
    for (const to of ["db", "db.strata", ipv4[0]]) await finds("web", to);
    await finds("db", "web");
    expect(await inside("web", "nslookup", ipv4[0])).toContain("db.strata");
    await home.ok("rename", "db", "store");
    await finds("web", "store");
    expect(await reaches("web", "db")).toBeFalse();
    await home.ok("rename", "store", "db");
  },
  guestMs,
);

test(
  "the host's loopback is closed to guests",
  async () => {
    let reached = 0;
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: () => void (reached += 1), data() {} },
    });
    for (const address of ["10.77.255.254", "10.77.77.77"])
      expect((await home.run(["exec", "web", "--", "nc", "-w", "2", address, String(server.port)])).code).not.toBe(0);
    server.stop();
    expect(reached).toBe(0);
  },
  guestMs,
);

test(
  "a killed switch is replaced within seconds, and what runs by exec goes on",
  async () => {
    const running = home.start([
      "exec",
      "web",
      "--",
      "sh",
      "-c",
      "for n in 1 2 3 4 5 6 7 8; do echo $n; sleep 1; done",
    ]);
    const [old] = switches();
    process.kill(old ?? 0, "SIGKILL");
    await until("there is another", () => switches().some((pid) => pid !== old));
    await finds("web", "db");
    expect(await new Response(running.stdout).text()).toBe("1\n2\n3\n4\n5\n6\n7\n8\n");
    expect(await running.exited).toBe(0);
  },
  guestMs,
);

test(
  "a killed daemon leaves the switch alone, and the next one finds it",
  async () => {
    const before = switches();
    process.kill(await home.daemonPid(), "SIGKILL");
    await finds("web", "db");
    expect(switches()).toEqual(before);
    await home.ok("stop", "db");
    expect(await reaches("web", "db")).toBeFalse();
    await home.ok("start", "db");
    await finds("web", "db");
  },
  guestMs,
);

test(
  "a fork that goes on from memory has its sisters too, under its own name",
  async () => {
    await home.ok("snapshot", "web@warm", "--with-memory");
    await home.ok("fork", "web@warm", "twin");
    await finds("db", "twin");
    await finds("twin", "web");
    await home.ok("delete", "--purge", "twin");
  },
  2 * guestMs,
);

test(
  "with the last instance the switch goes too",
  async () => {
    for (const name of ["web", "db"]) await home.ok("stop", name);
    await until("it is gone", () => switches().length === 0);
  },
  guestMs,
);
