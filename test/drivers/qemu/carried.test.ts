/** Unpacking the QEMU that the executable carries, and choosing between it and the system's. */
import { afterEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tar } from "../../../build/tar.ts";
import { carriedToolchain } from "../../../src/drivers/qemu/carried.ts";
import type { CarriedQemu } from "../../../src/drivers/qemu/carried.ts";
import { locateQemu } from "../../../src/drivers/qemu/locate.ts";
import { unpackCarried } from "../../../src/drivers/qemu/unpack.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { sha256Hex } from "../../../src/sys/hash.ts";
import { systemHost } from "../../../src/sys/host.ts";
import { systemProcesses } from "../../../src/sys/process.ts";

const directories: string[] = [];
const scratch = () => {
  const path = mkdtempSync(join(tmpdir(), "strata-carried-"));
  directories.push(path);
  return path;
};
afterEach(() => directories.splice(0).forEach((path) => rmSync(path, { recursive: true, force: true })));

const archive = tar([
  { path: "bin/qemu-system-x86_64", isExecutable: true, content: Buffer.from("emulator") },
  { path: "share/bios-256k.bin", isExecutable: false, content: Buffer.from("firmware") },
]);

function carried(bytes: Buffer = archive): CarriedQemu {
  const manifest = {
    schema: 1,
    hash: sha256Hex(archive),
    version: "7.2",
    package: "qemu 7.2-1",
    unpackedBytes: archive.length,
    packages: [],
  } as const;
  return {
    manifest: { ...manifest, packages: [] },
    archive: async function* () {
      for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
    },
  };
}

const ports = (pid = process.pid) => ({ files: systemFiles, processes: systemProcesses, pid });
const home = `${sha256Hex(archive).slice(0, 16)}`;

test("it is unpacked into a folder named by its hash, for every account to run", async () => {
  const directory = scratch();
  const before = process.umask(0o077);
  await unpackCarried(carried(), join(directory, "qemu"), ports()).finally(() => process.umask(before));
  const toolchain = carriedToolchain(carried(), join(directory, "qemu"));
  const program = toolchain.system.at(-1) ?? "";
  expect(readFileSync(program, "utf8")).toBe("emulator");
  expect(statSync(program).mode & 0o777).toBe(0o755);
  expect(statSync(join(directory, "qemu", home, "share/bios-256k.bin")).mode & 0o777).toBe(0o644);
  expect(statSync(join(directory, "qemu", home, "share")).mode & 0o777).toBe(0o755);
  expect(statSync(join(directory, "qemu")).mode & 0o777).toBe(0o755);
  expect(toolchain.build).toContain("qemu 7.2-1");
});

test("a second call uses what stands there", async () => {
  const directory = scratch();
  await unpackCarried(carried(), directory, ports());
  const marked = join(directory, home, "bin/qemu-system-x86_64");
  writeFileSync(marked, "still mine");
  await unpackCarried(carried(), directory, ports());
  expect(readFileSync(marked, "utf8")).toBe("still mine");
});

test("two processes at once both get it, and nothing else is left", async () => {
  const directory = scratch();
  // The second pid is that of a living process which is not ours.
  await Promise.all([unpackCarried(carried(), directory, ports()), unpackCarried(carried(), directory, ports(1))]);
  expect(readdirSync(directory)).toEqual([home]);
});

test("what a process left that ended in the middle is removed", async () => {
  const directory = scratch();
  const ended = Bun.spawn(["true"]);
  await ended.exited;
  mkdirSync(join(directory, `.new-${ended.pid}`, "bin"), { recursive: true });
  writeFileSync(join(directory, `.new-${ended.pid}`, "bin", "part"), "half");
  await unpackCarried(carried(), directory, ports());
  expect(readdirSync(directory)).toEqual([home]);
});

test("damaged bytes are noticed and leave nothing behind", async () => {
  const directory = scratch();
  const damaged = Buffer.from(archive);
  damaged.write("EMULATOR", 512);
  await expect(unpackCarried(carried(damaged), directory, ports())).rejects.toThrow("the executable is damaged");
  await expect(unpackCarried(carried(archive.subarray(0, 1300)), directory, ports())).rejects.toThrow("ends early");
  expect(readdirSync(directory)).toEqual([]);
});

const locatePorts = (directory: string, searchPath: string, program: readonly string[] = []) => ({
  files: systemFiles,
  processes: systemProcesses,
  host: systemHost(),
  program,
  searchPath,
  unpackDirectory: directory,
});

function fakeEmulator(directory: string, name: string, says: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\necho "${says}"\n`);
  chmodSync(path, 0o755);
  return path;
}

test("the setting chooses the system's QEMU, found as a shell finds it", async () => {
  const directory = scratch();
  const emulator = fakeEmulator(directory, "qemu-system-x86_64", "QEMU emulator version 8.1 (Test)");
  const img = fakeEmulator(directory, "qemu-img", "");
  const found = await locateQemu("system", locatePorts(directory, directory), carried());
  expect(found).toMatchObject({ system: [emulator], img: [img], build: `8.1 (Test) (${emulator})` });
});

test("an executable that carries none uses the system's", async () => {
  const directory = scratch();
  fakeEmulator(directory, "qemu-system-x86_64", "QEMU emulator version 8.1");
  fakeEmulator(directory, "qemu-img", "");
  const found = await locateQemu("carried", locatePorts(directory, directory), undefined);
  expect(found.build).toStartWith("8.1 (");
});

test("a path names one emulator; what is none is refused", async () => {
  const directory = scratch();
  const emulator = fakeEmulator(directory, "my-qemu", "QEMU emulator version 9.0");
  fakeEmulator(directory, "qemu-img", "");
  expect((await locateQemu(emulator, locatePorts(directory, "/nowhere"))).system).toEqual([emulator]);
  const other = fakeEmulator(directory, "other", "other program version 3");
  await expect(locateQemu(other, locatePorts(directory, directory))).rejects.toThrow(
    "is not an emulator that runs here",
  );
});

test("no QEMU at all names the package that brings it", async () => {
  const error = await locateQemu("system", locatePorts(scratch(), "/nowhere")).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "driver-unavailable",
    hints: [
      ["next", "sudo apt-get install qemu-system-x86 qemu-utils"],
      ["or", "strata set driver.qemu=carried"],
    ],
  });
});

test("the carried one is unpacked by a process of its own, once", async () => {
  const directory = scratch();
  const helper = ["/bin/sh", "-c", `echo "$@" >> ${directory}/asked; mkdir ${directory}/${home}`, "strata"];
  const found = await locateQemu("carried", locatePorts(directory, "", helper), carried());
  expect(found.share).toBe(`${directory}/${home}/share`);
  await locateQemu("carried", locatePorts(directory, "", helper), carried());
  expect(readFileSync(join(directory, "asked"), "utf8")).toBe(`helper unpack-qemu ${directory}\n`);
});

test("what the unpacking process says is what the user is told", async () => {
  const helper = ["/bin/sh", "-c", "printf 'no room\\nmake some\\n' >&2; exit 1"];
  const error = await locateQemu("carried", locatePorts(scratch(), "", helper), carried()).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "qemu-not-unpacked", message: "no room", hints: [["next", "make some"]] });
});
