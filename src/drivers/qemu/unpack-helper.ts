/** The helper process that unpacks the carried QEMU: `strata helper unpack-qemu DIRECTORY`, started by the daemon only. */
import { UserError, messageOf } from "../../errors.ts";
import { systemFiles } from "../../sys/files.ts";
import { outputStream } from "../../sys/output.ts";
import { systemProcesses } from "../../sys/process.ts";
import { self } from "../../sys/self.ts";
import { carriedQemu } from "./carried.ts";
import { unpackCarried } from "./unpack.ts";

/** The exit code: 0 when the files are there. Prints why not, and what would help, on a line each. */
export async function runUnpackHelper(directory: string): Promise<number> {
  try {
    const carried = carriedQemu();
    if (carried === undefined) throw new UserError("qemu-not-unpacked", "this executable carries no QEMU");
    await unpackCarried(carried, directory, { files: systemFiles, processes: systemProcesses, pid: self.pid });
    return 0;
  } catch (error) {
    const hints = error instanceof UserError ? error.hints.map(([, text]) => text) : [];
    outputStream(2).write(`${[messageOf(error), ...hints].join("\n")}\n`);
    return 1;
  }
}
