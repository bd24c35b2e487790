/** Trees of real layers without any machine, for merges: written by qemu-io, compared by qemu-img. */
import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createQemuDriver } from "../../../src/drivers/qemu/index.ts";
import type { QemuOptions } from "../../../src/drivers/qemu/context.ts";
import { systemClock } from "../../../src/sys/clock.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { systemHost } from "../../../src/sys/host.ts";
import { systemProcesses } from "../../../src/sys/process.ts";
import { systemSockets } from "../../../src/sys/socket.ts";

export const image = "a".repeat(64);

export function createMergeBed(directory: string, more: Partial<QemuOptions> = {}) {
  const [dataDirectory, runtimeDirectory] = [join(directory, "data"), join(directory, "run")];
  for (const name of ["images", "layers"]) mkdirSync(join(dataDirectory, name), { recursive: true, mode: 0o700 });
  const program = (name: string) => Bun.which(name) ?? "";
  const options: QemuOptions = {
    dataDirectory,
    runtimeDirectory,
    files: systemFiles,
    processes: systemProcesses,
    sockets: systemSockets,
    clock: systemClock,
    host: systemHost(),
    accelerator: () => "tcg",
    toolchain: async () => ({ system: [], img: [program("qemu-img")], env: {}, build: "system" }),
    ...more,
  };
  const layer = (id: string) => join(dataDirectory, "layers", `${id}.qcow2`);
  const run = (...words: string[]) => {
    const { exitCode, stderr, stdout } = Bun.spawnSync(words);
    return { exitCode, said: `${stdout}${stderr}` };
  };
  const must = (...words: string[]) => {
    const { exitCode, said } = run(...words);
    if (exitCode !== 0) throw new Error(`${words.join(" ")}: ${said}`);
  };
  const write = (path: string, format: string, commands: readonly string[]) =>
    must("qemu-io", "-f", format, ...commands.flatMap((each) => ["-c", each]), path);
  return {
    driver: createQemuDriver(options),
    layer,
    must,
    files: () => readdirSync(join(dataDirectory, "layers")).sort(),
    /** The image that all stand on. */
    makeImage(format: "raw" | "qcow2", bytes: number, commands: readonly string[]): void {
      const path = join(dataDirectory, "images", `${image}.${format}`);
      must("qemu-img", "create", "-q", "-f", format, path, String(bytes));
      write(path, format, commands);
    },
    /** A frozen layer; `below`: as it is named in it. */
    makeLayer(id: string, below: string, format: string, bytes: number, commands: readonly string[]): void {
      const path = layer(id);
      must("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", below, "-F", format, path, String(bytes));
      write(path, "qcow2", commands);
      chmodSync(path, 0o400);
    },
    isSame: (left: string, right: string) => run("qemu-img", "compare", left, right).exitCode === 0,
    isWhole: (path: string) => run("qemu-img", "check", path).exitCode === 0,
  };
}
