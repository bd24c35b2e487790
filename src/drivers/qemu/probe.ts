/** Does KVM work at a bearable speed? A boot sector is run once: firmware, real mode and a port write, then it ends QEMU. */
import type { Files } from "../../sys/files.ts";
import type { Account, Processes } from "../../sys/process.ts";
import { confine } from "./access.ts";
import type { Passage } from "./access.ts";
import type { Accelerator } from "./args.ts";
import type { Toolchain } from "./toolchain.ts";

/** Working KVM and TCG take about 0.1 s, broken nested KVM 4 s and more or for ever. */
const probeLimits = { timeoutMs: 2_000, outputBytesMax: 64 * 2 ** 10 };
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

export interface ProbePlan {
  readonly toolchain: Toolchain;
  readonly accelerator: Accelerator;
  /** Is written, and removed again. */
  readonly diskPath: string;
  readonly account: Account | undefined;
  readonly passage: Passage;
}

/** True when the boot sector ended QEMU in time. */
export async function probe({ files, processes }: ProbePorts, plan: ProbePlan, signal: AbortSignal): Promise<boolean> {
  const disk = Buffer.alloc(diskBytes);
  disk.set(code);
  disk.set([0x55, 0xaa], 510);
  await files.writeAtomically(plan.diskPath, disk, 0o644);
  try {
    const words = [...plan.toolchain.system, ...probeArguments(plan)];
    const { argv, start } = confine(plan.account, plan.passage, words, plan.toolchain.env);
    const { exitCode } = await processes.run(argv, { ...probeLimits, ...start, signal });
    return exitCode === successExit;
  } finally {
    await files.remove(plan.diskPath);
  }
}

function probeArguments({ toolchain: { share }, accelerator, diskPath }: ProbePlan): string[] {
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
