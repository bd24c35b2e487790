/** A real guest in an isolated network, at an address that was asked for, cut off and let back, through the compiled binary. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);

const inside = (line: string) => home.ok("exec", "web", "--", "sh", "-c", line);
const whatWas = async (): Promise<string[]> =>
  JSON.parse(await home.ok("history", "--json")).history.map(({ what }: { what: string }) => what);

test.each([
  ["a name that is none", ["network", "create", "Lab!"], "network-name-invalid"],
  ["a subnet that is none", ["network", "create", "x", "--subnet", "10.0.0.1/24"], "subnet-invalid"],
  ["a subnet that is taken", ["network", "create", "x", "--subnet", "10.77.4.0/24"], "subnet-taken"],
  ["the end of one that is not there", ["network", "delete", "lab"], "network-not-found"],
  ["an interface that is not there", ["launch", "tiny", "--network", "nix0"], "interface-not-found"],
  ["an address that is none", ["launch", "tiny", "--ip", "10.77.0"], "address-invalid"],
  ["an address outside", ["launch", "tiny", "--ip", "192.168.1.5"], "address-outside"],
  ["the network's own address", ["launch", "tiny", "--ip", "10.77.255.254"], "address-outside"],
  ["hosts that are none", ["launch", "tiny", "--allow-net", "a b"], "allow-net-invalid"],
  ["a bridge that nobody has named", ["launch", "tiny", "--bridged"], "bridged-unset"],
])("%s is refused, and leaves no trace", async (_what, words, code) => {
  const ran = await home.run(words);
  expect(ran.stderr).toContain(`[${code}]`);
  expect(ran.code).toBeGreaterThan(0);
  expect(await whatWas()).toEqual([]);
});

test(
  "sees nothing but its network, and what it tries is on record",
  async () => {
    await home.ok("network", "create", "lab");
    await home.ok("launch", "tiny", "--name", "web", "--memory", "256M", "--network", "lab", "--ip", "10.79.0.20");
    expect(await inside("ip -4 addr show eth0")).toContain("inet 10.79.0.20/24");
    const taken = await home.run(["launch", "tiny", "--network", "lab", "--ip", "10.79.0.20"]);
    expect(taken.stderr).toContain('10.79.0.20 is the address of "web" [address-taken]');
    expect((await home.run(["network", "delete", "lab"])).stderr).toContain("[network-in-use]");
    expect(JSON.parse(await home.ok("network", "show", "lab", "--json"))).toMatchObject({
      network: { name: "lab", kind: "isolated", subnet: "10.79.0.0/24" },
      addresses: [{ address: "10.79.0.20", instance: "web", isStatic: true }],
    });
    await home.run(["exec", "web", "--", "sh", "-c", "nslookup example.com"]);
    await until("the attempt is on record", async () =>
      (await whatWas()).some((what) => what.startsWith("not let out")),
    );
    expect(await home.ok("explain", "web")).toContain("example.com dns");
  },
  2 * guestMs,
);

test(
  "is cut off while it runs, over a kill of the daemon too, and its processes stay",
  async () => {
    // Whatever happens to its card is written down in it.
    await inside(
      "nohup sh -c 'while :; do cat /sys/class/net/eth0/carrier; sleep 0.1; done' >/tmp/carrier 2>&1 & echo $! >/tmp/pid",
    );
    await inside("until grep -q 1 /tmp/carrier; do sleep 0.1; done");
    await home.ok("network", "detach", "web");
    const refused = await home.run(["exec", "web", "--", "true"]);
    expect(refused).toMatchObject({ code: 125 });
    expect(refused.stderr).toContain("[instance-detached]");
    expect(await home.ok("explain", "web")).toContain("detached");
    process.kill(await home.daemonPid(), "SIGKILL");
    expect((await home.run(["exec", "web", "--", "true"])).stderr).toContain("[instance-detached]");
    await home.ok("network", "attach", "web");
    await home.ok("wait", "web", "--for", "ready");
    const states = (await inside("uniq /tmp/carrier; kill -0 $(cat /tmp/pid) && echo alive")).trim().split("\n");
    expect(states).toEqual(["1", "0", "1", "alive"]);
  },
  2 * guestMs,
);

test(
  "is cut off while it starts, which then waits for it no longer",
  async () => {
    await home.ok("stop", "--force", "web");
    const starting = home.run(["start", "web"]);
    await until("it boots", async () => (await home.ok("explain", "web")).includes("127.0.0.1:"));
    await home.ok("network", "detach", "web");
    expect((await starting).code).toBe(0);
    expect((await home.run(["exec", "web", "--", "true"])).stderr).toContain("[instance-detached]");
    await home.ok("network", "attach", "web");
    await home.ok("wait", "web", "--for", "ready");
    expect(await home.ok("exec", "web", "--", "echo", "back")).toBe("back\n");
  },
  2 * guestMs,
);

test(
  "starts detached without waiting for anybody, and an undo lets it back",
  async () => {
    await home.ok("network", "detach", "web");
    await home.ok("restart", "web", "--force");
    expect(JSON.parse(await home.ok("info", "web", "--json")).info.web).toMatchObject({
      power: "running",
      network: { isDetached: true },
    });
    await home.ok("undo", "--yes");
    await home.ok("wait", "web", "--for", "ready");
    expect(await inside("cat /sys/class/net/eth0/carrier")).toBe("1\n");
    const was = await whatWas();
    for (const what of [
      "detach from its network web",
      "attach to its network web",
      "create network lab (isolated, 10.79.0.0/24)",
    ])
      expect(was).toContain(what);
    await home.ok("delete", "--purge", "web");
    const [lease] = JSON.parse(await home.ok("network", "leases", "10.79.0.20", "--json")).leases;
    expect(lease).toMatchObject({ instance: "web", network: "lab" });
    expect(typeof lease.until).toBe("string");
    await home.ok("network", "delete", "lab");
  },
  2 * guestMs,
);
