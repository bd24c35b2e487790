/** Layers on a disk that loses power: one that an event is about to name stays. */
import { expect, test } from "bun:test";
import { createLayer, type LayerPorts } from "../../../src/drivers/qemu/layers.ts";
import type { Files } from "../../../src/sys/files.ts";
import { systemHost } from "../../../src/sys/host.ts";
import { systemProcesses } from "../../../src/sys/process.ts";
import { seededRandom } from "../../simulation/random.ts";
import { unsyncedDisk } from "../../simulation/unsynced.ts";

const directory = "/data/layers";
const plan = { path: `${directory}/l-1.qcow2`, backing: "../images/a.raw", format: "raw", bytes: 2 ** 20 } as const;
const { signal } = new AbortController();

/** qemu-img, as far as it is asked here. */
function portsOn(files: Files): LayerPorts {
  const run = async () => {
    await (await files.open(`${plan.path}.tmp`, "ensure")).write(new Uint8Array(600).fill(1), 0);
    return { exitCode: 0, stopped: false, stdout: "", stderr: "" };
  };
  return {
    files,
    processes: { ...systemProcesses, run },
    toolchain: () => Promise.resolve({ system: [], img: ["qemu-img"], env: {}, build: "system" }),
    host: systemHost(),
    dataDirectory: "/data",
  };
}

test("one that a killed process gave its name is there after a power cut, once it was found", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const { disk, reached } = unsyncedDisk(directory);
    await disk.boot().makeDirectory(directory, 0o700);
    void createLayer(portsOn(disk.boot()), plan, signal);
    await reached;
    disk.kill();
    await createLayer(portsOn(disk.boot()), plan, signal);
    disk.crash(seededRandom(seed));
    expect((await disk.boot().stat(plan.path))?.bytes).toBe(600);
  }
});
