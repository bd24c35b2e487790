/** Does KVM work at a bearable speed? A boot sector is run once: firmware, real mode and a port write, then it ends QEMU. */
import type { Files } from "../../sys/files.ts";
import type { Account, Processes } from "../../sys/process.ts";
import type { Accelerator } from "./args.ts";
import type { Toolchain } from "./toolchain.ts";

/** Working KVM and TCG take about 0.1 s, broken nested KVM 4 s and more or for ever. */
const probeDeadlineMs = 2_000;
/** The firmware boots from no disk much smaller than this. */
const diskBytes = 2 ** 20;
/** mov dx,0xf4; mov al,0x2a; out dx,al; hlt; jmp back to hlt */
const code = [0xba, 0xf4, 0x00, 0xb0, 0x2a, 0xee, 0xf4, 0xeb, 0xfd];
/** The debug device exits with twice the value written, plus one. */
const successExit = 0x2a * 2 + 1;

export interface ProbePorts {
  readonly files: Files;
  readonly processes: Processes;
}

/** True when the boot sector ended QEMU in time. `diskPath` is written, and removed again. */
export async function probe(
  ports: ProbePorts,
  toolchain: Toolchain,
  accelerator: Accelerator,
  diskPath: string,
  account: Account | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const disk = Buffer.alloc(diskBytes);
  disk.set(code);
  disk.set([0x55, 0xaa], 510);
  await ports.files.writeAtomically(diskPath, disk, 0o644);
  try {
    const options = {
      env: toolchain.env,
      timeoutMs: probeDeadlineMs,
      outputBytesMax: 64 * 2 ** 10,
      signal,
      ...(account ? { account } : {}),
    };
    return (
      (await ports.processes.run([...toolchain.system, ...probeArguments(toolchain, accelerator, diskPath)], options))
        .exitCode === successExit
    );
  } finally {
    await ports.files.remove(diskPath);
  }
}

function probeArguments({ share }: Toolchain, accelerator: Accelerator, diskPath: string): string[] {
  const blockdev = {
    driver: "raw",
    "node-name": "disk",
    "read-only": true,
    file: { driver: "file", filename: diskPath, "read-only": true },
  };
  const folder = share === undefined ? [] : ["-L", share];
  const cpu = accelerator === "kvm" ? ["-cpu", "host"] : [];
  const machine = ["-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35", "-m", "64M"];
  const disk = ["-blockdev", JSON.stringify(blockdev), "-device", "virtio-blk-pci,drive=disk,bootindex=0"];
  const exit = ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"];
  return [...machine, ...folder, "-accel", accelerator, ...cpu, ...disk, ...exit];
}
