/** A disk that keeps a log of every write: QEMU's blklogwrites, exported as a file by FUSE, and that as a loop device. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attach, type LoopDevice } from "./kernel.ts";
import { commandOf } from "./programs.ts";

const limitMs = 30_000;
const stepMs = 2;

export interface RecordedDisk {
  /** The device to mount. */
  readonly device: LoopDevice;
  /** Grows with every write. */
  readonly writeLog: string;
  /** After it is unmounted: ends the recording and answers the whole write log. */
  finish(): Promise<Buffer>;
  /** Ends it whatever its state is. */
  abandon(): void;
}

/** Starts recording what is written to the image in a file; `folder` takes the log and the exported file. */
export async function recordDisk(image: string, folder: string): Promise<RecordedDisk> {
  const [exported, writeLog] = [join(folder, "exported"), join(folder, "write-log")];
  for (const path of [exported, writeLog]) writeFileSync(path, "");
  const disks = [
    `driver=file,node-name=image,filename=${image},discard=unmap`,
    `driver=file,node-name=log,filename=${writeLog}`,
    "driver=blklogwrites,node-name=recorded,file=image,log=log,discard=unmap",
  ].flatMap((disk) => ["--blockdev", disk]);
  const share = ["--export", `type=fuse,id=exported,node-name=recorded,mountpoint=${exported},writable=on`];
  const command = ["setpriv", "--pdeathsig", "KILL", ...commandOf("qemu-storage-daemon"), ...disks, ...share];
  const daemon = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const said = new Response(daemon.stderr).text();
  const { size } = statSync(image);
  const giveUpAt = performance.now() + limitMs;
  while (statSync(exported).size !== size) {
    if (daemon.exitCode !== null || performance.now() > giveUpAt) {
      daemon.kill("SIGKILL");
      throw new Error(`the recording disk did not start: ${(await said).trim()}`);
    }
    await Bun.sleep(stepMs);
  }
  const device = attach(exported);
  return {
    device,
    writeLog,
    finish: async () => {
      device.close();
      daemon.kill("SIGTERM");
      await daemon.exited;
      return readFileSync(writeLog);
    },
    abandon: () => daemon.kill("SIGKILL"),
  };
}
