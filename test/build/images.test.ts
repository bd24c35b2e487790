/** The bytes that the guest image's builder writes itself. */
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpio } from "../../build/images/cpio.ts";
import { bootSector, coreImage, partitionTable } from "../../build/images/disk.ts";
import { moduleClosure, parseDependencies, withoutSignature } from "../../build/images/modules.ts";
import { parseLibraries } from "../../build/libraries.ts";

test("the partition table names one active Linux partition and ends in the boot signature", () => {
  const table = partitionTable(2048, 4096);
  expect(table.length).toBe(66);
  expect([table[0], table[4], table.readUInt32LE(8), table.readUInt32LE(12)]).toEqual([0x80, 0x83, 2048, 4096]);
  expect(table.readUInt16LE(64)).toBe(0xaa55);
});

test("GRUB's first sectors are told where the next ones lie", () => {
  expect(bootSector(Buffer.alloc(512), 1).readBigUInt64LE(0x5c)).toBe(1n);
  expect(coreImage(Buffer.alloc(1024), 1).readBigUInt64LE(0x1f4)).toBe(2n);
});

test("every cpio record starts at a multiple of four bytes and the archive ends in a trailer", () => {
  const content = Buffer.from("12345");
  const archive = cpio([{ path: "a", mode: 0o100644, content }]).toString("latin1");
  expect(archive.slice(0, 6)).toBe("070701");
  expect(archive.slice(54, 62)).toBe("00000005");
  expect(archive.indexOf("12345") % 4).toBe(0);
  expect(archive.lastIndexOf("070701") % 4).toBe(0);
  expect(archive).toContain("TRAILER!!!");
});

test("a module's signature is cut off, and a module without one is left alone", () => {
  const header = Buffer.alloc(12);
  header.writeUInt32BE(7, 8);
  const signed = Buffer.concat([
    Buffer.from("module"),
    Buffer.alloc(7),
    header,
    Buffer.from("~Module signature appended~\n"),
  ]);
  expect(withoutSignature(signed).toString()).toBe("module");
  expect(withoutSignature(Buffer.from("module")).toString()).toBe("module");
});

test("a module brings what it depends on, however its name is spelled", () => {
  const dependencies = parseDependencies(
    "k/virtio-blk.ko: k/virtio.ko k/ring.ko\nk/virtio.ko: k/ring.ko\nk/ring.ko:\nk/other.ko:\n",
  );
  expect(moduleClosure(["virtio_blk", "not-there"], dependencies)).toEqual([
    "k/ring.ko",
    "k/virtio-blk.ko",
    "k/virtio.ko",
  ]);
});

test("a missing library stops the build by name", () => {
  expect(
    parseLibraries("\tlinux-vdso.so.1 (0x1)\n\tlibc.so.6 => /lib/libc.so.6 (0x2)\n\t/lib64/ld.so (0x3)\n"),
  ).toEqual(new Map([["libc.so.6", "/lib/libc.so.6"]]));
  expect(() => parseLibraries("\tlibgone.so.1 => not found\n")).toThrow("libgone.so.1");
});

const awk = Bun.which("busybox") === null ? Bun.which("awk") : "busybox";

/** Runs the guest's seed reader on this machine. */
function readSeed(userData: string): (name: string) => string {
  const directory = mkdtempSync(join(tmpdir(), "strata-seed-"));
  try {
    writeFileSync(join(directory, "user-data"), userData);
    const script = join(import.meta.dir, "../../build/images/tiny/root/usr/lib/tiny/seed.awk");
    const command = [
      ...(awk === "busybox" ? ["busybox", "awk"] : [String(awk)]),
      "-v",
      `out=${directory}`,
      "-f",
      script,
      join(directory, "user-data"),
    ];
    const done = Bun.spawnSync(command);
    if (!done.success) throw new Error(done.stderr.toString());
    const names = ["users", "keys", "keys.ubuntu", "host-key", "commands"];
    const found = new Map(names.map((name) => [name, readOr(join(directory, name))]));
    return (name) => found.get(name) ?? "";
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

test("the guest reads user, keys, host key and commands from a seed", () => {
  const read = readSeed(`#cloud-config
users:
  - name: ubuntu
    sudo: ALL=(ALL) NOPASSWD:ALL
    ssh_authorized_keys:
      - "ssh-ed25519 AAAA one"
      - ssh-ed25519 BBBB two
ssh_keys:
  ed25519_private: |
    -----BEGIN OPENSSH PRIVATE KEY-----
    abc
    -----END OPENSSH PRIVATE KEY-----
  ed25519_public: ssh-ed25519 CCCC
runcmd:
  - echo plain
  - [ sh, -c, "echo 'a b' \\"c\\"" ]
  - |
    if true; then
      echo block
    fi
`);
  expect(read("users")).toBe("ubuntu\n");
  expect(read("keys.ubuntu")).toBe("ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n");
  expect(read("host-key")).toBe("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n");
  expect(read("commands").split("\n")).toEqual([
    "echo plain",
    ` 'sh' '-c' 'echo '\\''a b'\\'' "c"'`,
    "if true; then",
    "  echo block",
    "fi",
    "",
  ]);
});

test("keys outside of any user and keys in brackets are read as well", () => {
  const read = readSeed(`#cloud-config
ssh_authorized_keys: [ "ssh-ed25519 AAAA one", 'ssh-ed25519 BBBB two' ]
users: 
  - default
`);
  expect(read("keys")).toBe("ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n");
  expect(read("users")).toBe("ubuntu\n");
});
