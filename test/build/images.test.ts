/** The bytes that the guest image's builder writes itself. */
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpio } from "../../build/images/cpio.ts";
import { bootArea, bootCode } from "../../build/images/boot.ts";
import { ownerCommands, partitionTable } from "../../build/images/disk.ts";
import { moduleClosure, parseDependencies, withoutSignature } from "../../build/images/modules.ts";
import { parseLibraries } from "../../build/libraries.ts";
import { mergeCloudConfig } from "../../src/guest/cloud-config.ts";

test("the partition table names one active Linux partition and ends in the boot signature", () => {
  const table = partitionTable(2048, 4096);
  expect(table.length).toBe(66);
  expect([table[0], table[4], table.readUInt32LE(8), table.readUInt32LE(12)]).toEqual([0x80, 0x83, 2048, 4096]);
  expect(table.readUInt16LE(64)).toBe(0xaa55);
});

/** A bzImage with one setup sector beyond the first, that unpacks itself to 16 MiB and takes 50. */
function kernelImage(protectedBytes: number): Buffer {
  const kernel = Buffer.alloc(1024 + protectedBytes, 0x90);
  kernel.writeUInt8(1, 0x1f1);
  kernel.write("HdrS", 0x202);
  kernel.writeUInt8(1, 0x211);
  kernel.writeBigUInt64LE(0x100_0000n, 0x258);
  kernel.writeUInt32LE(50 << 20, 0x260);
  return kernel;
}

test("the boot area holds setup code, kernel and initrd one behind the other, each told where to go", () => {
  const { bytes, jobs } = bootArea(kernelImage(513), Buffer.alloc(100, 7), "quiet\n");
  expect(jobs).toEqual([
    { sector: 1, sectors: 65, address: 0x90000 },
    { sector: 66, sectors: 2, address: 0x100000 },
    { sector: 68, sectors: 1, address: 0x5000000 },
  ]);
  expect(bytes.length).toBe(68 * 512);
  expect(bytes.toString("latin1", 0x8000, 0x8006)).toBe("quiet\0");
  expect([bytes.readUInt32LE(0x218), bytes.readUInt32LE(0x21c), bytes.readUInt32LE(0x228)]).toEqual([
    0x5000000, 100, 0x98000,
  ]);
  expect(bytes.readUInt8(0x211) & 0x80).toBe(0x80);
});

test("a kernel that would unpack itself over the initrd is refused", () => {
  const kernel = kernelImage(1);
  kernel.writeUInt32LE(80 << 20, 0x260);
  expect(() => bootArea(kernel, Buffer.alloc(1), "quiet")).toThrow("over the initrd");
});

test("the jobs stand at the end of the boot code", () => {
  const code = bootCode(Buffer.alloc(440), [{ sector: 1, sectors: 2, address: 3 }]);
  expect([code.readUInt32LE(428), code.readUInt32LE(432), code.readUInt32LE(436)]).toEqual([1, 2, 3]);
  expect(() => bootCode(Buffer.alloc(441), [])).toThrow("441 bytes");
});

test("an ordinary user's tree is given to root, names with spaces included", () => {
  expect(ownerCommands(["etc", "a b"]).trim().split("\n")).toEqual([
    'set_inode_field "/etc" uid 0',
    'set_inode_field "/etc" gid 0',
    'set_inode_field "/a b" uid 0',
    'set_inode_field "/a b" gid 0',
  ]);
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
    const names = ["users", "keys", "keys.ubuntu", "host-key", "commands", ...fileNames];
    const found = new Map(names.map((name) => [name, readOr(join(directory, name))]));
    return (name) => found.get(name) ?? "";
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const fileNames = ["1", "2", "3"].flatMap((number) =>
  ["path", "mode", "content", "bare"].map((what) => `${number}.${what}`),
);

test("the guest reads the files to write from a seed, as it is merged", () => {
  const read = readSeed(
    mergeCloudConfig(
      `#cloud-config
write_files:
- content: |
    one
      two
  path: /etc/a b
  permissions: '0640'
- path: /b
  content: |-
    bare
- {path: /c, content: plain}
runcmd: [echo x]
`,
      { user: { name: "ubuntu", ssh_authorized_keys: ["k"] }, keys: {} },
    ),
  );
  expect(fileNames.map(read)).toEqual(
    [
      ["/etc/a b\n", "0640\n", "one\n  two\n", ""],
      ["/b\n", "", "bare\n", "\n"],
      ["/c\n", "", "plain\n", "\n"],
    ].flat(),
  );
  expect(read("commands")).toBe("echo x\n");
});

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
