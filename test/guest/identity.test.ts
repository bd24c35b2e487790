/** The scripts that make a running guest another one: what a shell makes of them, short of touching a real machine. */
import { describe, expect, test } from "bun:test";
import { becomeOther, type IdentityFacts } from "../../src/guest/identity.ts";
import { makeKeyPair } from "../../src/guest/keys.ts";

const hostKey = makeKeyPair("strata-host");
const facts: IdentityFacts = {
  instanceId: "01a21ec3-3236-7047-967f-015d5f29b63b",
  hostname: "copy",
  mac: "52:54:00:00:00:09",
  address: "10.77.0.9",
  hostKey,
  chance: "ab".repeat(64),
  nowMs: 1_600_400,
};

describe("a guest that becomes another one", () => {
  test("is told in words that a shell understands", () => {
    for (const script of Object.values(becomeOther(facts)))
      expect(Bun.spawnSync(["sh", "-n"], { stdin: Buffer.from(script) }).exitCode).toBe(0);
  });

  test("has no card until it has its name, its keys, the time and chance of its own", () => {
    const { before, after } = becomeOther(facts);
    const order = [
      "virtio_net/unbind",
      "date -u -s @1600 ",
      "/dev/urandom",
      "/etc/machine-id",
      "/etc/ssh/ssh_host_ed25519_key",
    ];
    const places = order.map((word) => before.indexOf(word));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(before).not.toContain("virtio_net/bind");
    expect(before).toContain("MACHINE=01a21ec332367047967f015d5f29b63b");
    expect(before).toContain(hostKey.privateKey.trimEnd());
    expect(after).toContain("virtio_net/bind");
    expect(after).not.toContain("PRIVATE KEY");
  });

  test("is not told anything that a shell would take for more than a word", () => {
    expect(() => becomeOther({ ...facts, hostname: "x; reboot" })).toThrow();
    expect(() => becomeOther({ ...facts, address: "$(reboot)" })).toThrow();
  });
});
