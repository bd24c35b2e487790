/** Forks of a real guest that go on from its memory, through the compiled binary. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHome, expectTimeOfNow, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
  await inside("web", "sleep 4321 >/dev/null 2>&1 & echo $! > /tmp/pid; cat /proc/sys/kernel/random/boot_id");
}, guestMs);
afterAll(() => home.close(), 60_000);

const infoOf = async (name: string) => JSON.parse(await home.ok("info", name, "--json")).info[name];
const inside = (name: string, script: string) => home.ok("exec", name, "--", "sh", "-c", script);
const wentOn = (name: string) => inside(name, "kill -0 $(cat /tmp/pid) && cat /proc/sys/kernel/random/boot_id");
/** What no two machines share. */
const identityOf = async (name: string): Promise<string[]> => {
  const script =
    "hostname; cat /etc/machine-id /etc/hostname; cat /sys/class/net/eth0/address; ip -4 -o addr show dev eth0 | sed 's/.* inet //'; sudo sha256sum /etc/dropbear/key; cat /var/lib/cloud/instance-id";
  return (await inside(name, script)).trim().split("\n");
};
const chance = (name: string) => inside(name, "head -c 16 /dev/urandom | sha256sum");

test(
  "of a running guest: the same boot and programs, another machine to everybody; the source does not notice",
  async () => {
    const [boot, before] = [await wentOn("web"), await identityOf("web")];
    const forked = await home.run(["fork", "web", "copy"]);
    expect({ code: forked.code, talk: forked.stderr }).toMatchObject({ code: 0 });
    expect(forked.stderr).toMatch(/Forked: copy {3}from web@auto1 {3}running on, no reboot/);
    expect(await wentOn("copy")).toBe(boot);
    expect(await wentOn("web")).toBe(boot);
    expect(await identityOf("web")).toEqual(before);
    const own = await identityOf("copy");
    expect(own.filter((line, index) => line === before[index])).toEqual([]);
    expect(own[0]).toBe("copy");
    expect(own[3]).toBe((await infoOf("copy")).mac ?? own[3]);
    expect(await chance("copy")).not.toBe(await chance("web"));
    await expectTimeOfNow(() => inside("copy", "date -u +%s"));
    await inside("copy", "echo copy > $HOME/mine; sync");
    expect(await inside("web", "ls $HOME/mine 2>/dev/null; true")).toBe("");
  },
  guestMs,
);

test(
  "is a machine like any other: snapshot with memory and back, suspend and start, a boot with the identity it has",
  async () => {
    const [boot, own] = [await wentOn("copy"), await identityOf("copy")];
    await home.ok("snapshot", "copy@here", "--with-memory");
    await inside("copy", "rm $HOME/mine; sync");
    await home.ok("restore", "copy@here", "--discard");
    expect(await inside("copy", "cat $HOME/mine")).toBe("copy\n");
    await home.ok("suspend", "copy");
    await home.ok("start", "copy");
    expect(await wentOn("copy")).toBe(boot);
    expect(await identityOf("copy")).toEqual(own);
    // Of the fork's own memory another one.
    await home.ok("fork", "copy@here", "third");
    expect(await wentOn("third")).toBe(boot);
    const third = await identityOf("third");
    expect(third.filter((line, index) => line === own[index])).toEqual([]);
    await home.ok("delete", "--purge", "third");
    await home.ok("restart", "copy");
    expect(await identityOf("copy")).toEqual(own);
  },
  2 * guestMs,
);

test(
  "of a point with memory, two at once; and of its disk alone, which boots",
  async () => {
    const boot = await wentOn("web");
    await home.ok("snapshot", "web@good", "--with-memory");
    await home.ok("fork", "web@good", "pair", "--count", "2");
    const [one, two] = [await identityOf("pair-1"), await identityOf("pair-2")];
    expect(one.filter((line, index) => line === two[index])).toEqual([]);
    for (const name of ["pair-1", "pair-2"]) expect(await wentOn(name)).toBe(boot);
    expect(await chance("pair-1")).not.toBe(await chance("pair-2"));
    await home.ok("delete", "--purge", "pair-1", "pair-2");
    const cold = await home.run(["fork", "web", "cold", "--disk-only"]);
    expect(cold.stderr).toMatch(/Forked: cold .*booted/);
    expect(await inside("cold", "cat /proc/sys/kernel/random/boot_id")).not.toBe(boot);
    await home.ok("undo", "--yes");
    expect((await infoOf("cold")).state).toBe("Deleted");
  },
  2 * guestMs,
);

test(
  "boots when the guest has no agent that could be told, and says so",
  async () => {
    await inside(
      "web",
      "sudo killall agent qemu-ga; sudo sed -i s/^::respawn/#::respawn/ /etc/inittab; sudo kill -HUP 1; sudo killall qemu-ga; true",
    );
    const forked = await home.run(["fork", "web", "mute"]);
    expect({ code: forked.code, talk: forked.stderr }).toMatchObject({ code: 0 });
    expect(forked.stderr).toContain("no agent in the guest answers");
    expect(forked.stderr).toMatch(/Forked: mute .*booted/);
    expect((await identityOf("mute"))[0]).toBe("mute");
  },
  guestMs,
);

test(
  "a daemon that is killed under it: the next one finishes it, or takes it back",
  async () => {
    const forking = home.start(["fork", "web@good", "cut"]);
    await until("it is under way", async () => (await home.run(["info", "cut"])).code === 0);
    process.kill(await home.daemonPid(), "SIGKILL");
    await forking.exited;
    const isIdle = async () =>
      JSON.parse(await home.ok("list", "--json")).list.every((each: { operation?: unknown }) => !each.operation);
    await until("nothing is under way", isIdle, guestMs);
    expect((await identityOf("cut"))[0]).toBe("cut");
    expect((await identityOf("web"))[0]).toBe("web");
  },
  guestMs,
);
