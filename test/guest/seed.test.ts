/** The NoCloud seed: its three files, the image that carries them, and what two independent tools read from it. */
import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { writeIso } from "../../src/guest/iso9660.ts";
import { makeSeed } from "../../src/guest/seed.ts";
import { cloudInitBytesMax } from "../../src/model/cloud-init.ts";
import { readIso } from "./iso-reader.ts";

const plan = {
  instanceId: "0199d2a0-0000-7000-8000-000000000001",
  hostname: "web",
  mac: "52:54:00:12:34:56",
  user: "ubuntu",
  authorizedKey: `ssh-ed25519 ${"A".repeat(68)} strata`,
  hostKey: {
    privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\ndef=\n-----END OPENSSH PRIVATE KEY-----\n",
    publicKey: `ssh-ed25519 ${"B".repeat(68)} web`,
  },
};
const fileOf = (name: string, from = makeSeed(plan)) => readIso(from, 2).files.get(name)?.toString() ?? "";

describe("a seed", () => {
  test("is labelled as cloud-init looks for it and holds exactly the four files", () => {
    const { label, files } = readIso(makeSeed(plan), 2);
    expect(label).toBe("cidata");
    expect([...files.keys()]).toEqual(["meta-data", "network-config", "user-data", "vendor-data"]);
  });

  test("is the same bytes for the same plan, and others for another", () => {
    expect(Buffer.compare(makeSeed(plan), makeSeed({ ...plan }))).toBe(0);
    expect(Buffer.compare(makeSeed(plan), makeSeed({ ...plan, hostname: "db" }))).not.toBe(0);
  });

  test("names the instance", () => {
    expect(parse(fileOf("meta-data"))).toEqual({ "instance-id": plan.instanceId, "local-hostname": "web" });
  });

  test("has a further card asked for its address where it may be, and never leads out by it", () => {
    const cards = [
      { mac: "52:54:00:00:00:01", mode: "auto" as const },
      { mac: "52:54:00:00:00:02", mode: "manual" as const },
    ];
    const { ethernets } = parse(fileOf("network-config", makeSeed({ ...plan, cards })));
    expect(Object.keys(ethernets)).toEqual(["enp1s0", "enp2s0"]);
    expect(ethernets.enp2s0).toEqual({
      match: { macaddress: "52:54:00:00:00:01" },
      dhcp4: true,
      "dhcp4-overrides": { "route-metric": 200 },
      optional: true,
    });
  });

  test("lets the user in with the daemon's key only, and makes it an administrator", () => {
    const data = parse(fileOf("user-data"));
    expect(fileOf("user-data").split("\n")[0]).toBe("#cloud-config");
    expect(data.users).toHaveLength(1);
    expect(data.users[0]).toMatchObject({
      name: "ubuntu",
      sudo: "ALL=(ALL) NOPASSWD:ALL",
      lock_passwd: true,
      ssh_authorized_keys: [plan.authorizedKey],
    });
  });

  test("leaves to vendor-data what the user's own text may change", () => {
    const defaults = parse(fileOf("vendor-data"));
    expect(fileOf("vendor-data").split("\n")[0]).toBe("#cloud-config");
    expect(defaults).toEqual({
      manage_etc_hosts: "localhost",
      ssh_pwauth: false,
      growpart: { mode: "auto", devices: ["/"] },
      resize_rootfs: true,
    });
    const { updates } = parse(fileOf("vendor-data", makeSeed({ ...plan, mayGetCards: true })));
    expect(updates).toEqual({ network: { when: ["boot-new-instance", "boot"] } });
    const user = parse(fileOf("user-data"));
    expect(Object.keys(defaults).filter((key) => key in user)).toEqual([]);
  });

  test("holds the user's text merged with ours", () => {
    const seed = makeSeed({ ...plan, cloudInit: "#cloud-config\nusers: [default]\nssh_pwauth: true\nhostname: x\n" });
    const data = parse(fileOf("user-data", seed));
    expect(data).toMatchObject({
      ssh_pwauth: true,
      hostname: "web",
      ssh_keys: { ed25519_public: plan.hostKey.publicKey },
    });
    expect(data.users).toEqual(["default", expect.objectContaining({ name: "ubuntu" })]);
    expect(parse(fileOf("vendor-data", seed)).user).toBeUndefined();
  });

  test("makes our user the default one where the text names none, so that its password and keys have an owner", () => {
    const seed = makeSeed({ ...plan, cloudInit: "#cloud-config\npassword: x\n" });
    expect(parse(fileOf("vendor-data", seed)).user).toEqual({ name: "ubuntu" });
  });

  test("has room for the largest text", () => {
    const cloudInit = `#cloud-config\na: ${"x".repeat(cloudInitBytesMax - 50)}\n`;
    expect(makeSeed({ ...plan, cloudInit }).length).toBeLessThan(2 ** 20);
  });

  test("brings the host key that is pinned, exactly, and no other", () => {
    const data = parse(fileOf("user-data"));
    expect(data.ssh_keys).toEqual({ ed25519_private: plan.hostKey.privateKey, ed25519_public: plan.hostKey.publicKey });
    expect(data.ssh_deletekeys).toBe(true);
    expect(data.ssh_genkeytypes).toEqual(["ed25519"]);
  });

  test("keeps every key on one line, for readers that are no YAML parsers", () => {
    expect(fileOf("user-data").split("\n")).toContain(`      - ${plan.authorizedKey}`);
  });

  test("finds the network card by its address, whatever it is called in the guest", () => {
    const { version, ethernets } = parse(fileOf("network-config"));
    expect({ version, ethernets }).toEqual({
      version: 2,
      ethernets: {
        enp1s0: {
          match: { macaddress: plan.mac },
          dhcp4: true,
          "dhcp-identifier": "mac",
          "dhcp4-overrides": { "use-domains": true, "route-metric": 100 },
        },
      },
    });
  });

  test.each(["007", "on", "1e3", "null", "no"])("keeps the host name %s a text", (hostname) => {
    expect(parse(fileOf("meta-data", makeSeed({ ...plan, hostname })), { version: "1.1" })["local-hostname"]).toBe(
      hostname,
    );
  });
});

describe("an ISO image", () => {
  const files = [
    { name: "meta-data", content: Buffer.alloc(0) },
    { name: "user-data", content: Buffer.alloc(2048, 1) },
    { name: "Ünicode and spaces.txt", content: Buffer.alloc(2049, 2) },
  ];

  test("gives back every file under its name, at every size around a sector", () => {
    const read = readIso(writeIso("cidata", files), 2).files;
    for (const { name, content } of files) expect(read.get(name)).toEqual(content);
  });

  test("has plain names too, each once", () => {
    const { label, files: plain } = readIso(writeIso("cidata", files), 1);
    expect(label).toBe("cidata");
    expect([...plain.keys()]).toEqual(["META_D_0.;1", "USER_D_1.;1", "_NICOD_2.;1"]);
  });

  test("is as long as it says and reaches beyond where small readers look for other file systems", () => {
    const image = writeIso("cidata", []);
    expect(image.length).toBe(readIso(image, 1).sectors * 2048);
    expect(image.length).toBeGreaterThan(256 * 1024);
  });

  test.each(["a/b", "a*", "x".repeat(65)])("refuses the name %s", (name) => {
    expect(() => writeIso("cidata", [{ name, content: Buffer.alloc(0) }])).toThrow("bug:");
  });
});
