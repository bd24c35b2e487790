/** What a guest says of itself: what is asked, and what is made of answers, the honest and the others. */
import { expect, test } from "bun:test";
import { GuestFacts } from "../../src/model/guest-facts.ts";
import { askFacts, readFacts } from "../../src/guest/facts.ts";
import { fakeChannel } from "../daemon/channels.ts";

const ubuntu = `@load
0.52 0.30 0.11 1/123 4567
@memory
MemTotal:        1004316 kB
MemFree:          180868 kB
MemAvailable:     702364 kB
Buffers:           20988 kB
Cached:           583004 kB
@disk
Filesystem     1024-blocks    Used Available Capacity Mounted on
/dev/root          4885644 1773056   3096204      37% /
@release
Ubuntu 24.04.2 LTS
@ipv4
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    altname enp1s0
    inet 10.77.0.2/16 metric 100 brd 10.77.255.255 scope global dynamic eth0
       valid_lft 3012sec preferred_lft 3012sec
3: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default
    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
5: wg0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1420 qdisc noqueue state UNKNOWN group default qlen 1000
    inet 10.8.0.2 peer 10.8.0.1/32 scope global wg0
@end
`;

test("an answer of Ubuntu", () =>
  expect(readFacts(ubuntu)).toEqual({
    load: [0.52, 0.3, 0.11],
    memory: { usedBytes: (1_004_316 - 702_364) * 1024, totalBytes: 1_004_316 * 1024 },
    disk: { usedBytes: 1_773_056 * 1024, totalBytes: 4_885_644 * 1024 },
    release: "Ubuntu 24.04.2 LTS",
    ipv4: ["10.77.0.2", "172.17.0.1", "10.8.0.2"],
  }));

test("a kernel that does not tell what is available, and a file system whose name has spaces", () => {
  const { memory, disk } = readFacts(
    "@memory\nMemTotal:     100 kB\nMemFree:      40 kB\n@disk\nmy disk of mine    100   30   70   30% /\n@end\n",
  );
  expect([memory?.usedBytes, disk]).toEqual([60 * 1024, { usedBytes: 30 * 1024, totalBytes: 100 * 1024 }]);
});

test.each([
  ["nothing", ""],
  ["no part of it", "@load\n@memory\n@disk\n@release\n\n@ipv4\n@end\n"],
  ["an answer that breaks off", ubuntu.slice(0, 30)],
  ["nonsense", "@load\n1 2 3\n@memory\nMemTotal: -1 kB\n@disk\n/ 9 9 9 9% /x\n@ipv4\n    inet 10.0.0.999/8\n@end\n"],
  ["numbers beyond all bounds", `@memory\nMemTotal: ${"9".repeat(40)} kB\nMemFree: 1 kB\n@end\n`],
  ["more used than there is", "@memory\nMemTotal: 1 kB\nMemFree: 5 kB\n@end\n"],
])("%s is no fact", (_what, answer) => {
  const facts = readFacts(answer);
  expect(GuestFacts.safeParse(facts).success).toBe(true);
  expect({ ...facts, load: undefined }).toEqual({ load: undefined, ipv4: [] });
});

test("a guest that talks without end is cut short", () => {
  const addresses = Array.from({ length: 500 }, (_, index) => `    inet 10.0.${index % 250}.${index >> 8}/8`);
  const { release, ipv4 } = readFacts(`@release\n${"x".repeat(9_999)}\n@ipv4\n${addresses.join("\n")}\n@end\n`);
  expect([release?.length, ipv4.length]).toEqual([200, 64]);
});

/** What a shell of this machine answers to the script. */
async function asked(): Promise<GuestFacts> {
  const open = async (script: string) => {
    const { channel, stdout, finish } = fakeChannel();
    const shell = Bun.spawn(["sh", "-c", script], { stdout: "pipe", stderr: "pipe" });
    void new Response(shell.stdout).text().then((text) => {
      stdout.push(Buffer.from(text));
      finish({ code: 0 });
    });
    return channel;
  };
  return askFacts(open, AbortSignal.timeout(10_000));
}

test("the script is understood by a real shell", async () => {
  const { load, memory, disk } = await asked();
  expect(load).toHaveLength(3);
  expect(memory?.totalBytes).toBeGreaterThan(memory?.usedBytes ?? Infinity);
  expect(disk?.totalBytes).toBeGreaterThan(0);
});
