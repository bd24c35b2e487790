/** How another program is started: its environment, account and descriptors are exactly those that are named. */
import { closeSync, constants, openSync } from "node:fs";
import { UserError, messageOf } from "../errors.ts";
import { errorCode } from "./files.ts";
import type { StartOptions } from "./process.ts";

/** Linux's O_PATH, which may be passed through but not listed. */
const passOnly = process.platform === "linux" ? 0o10000000 : constants.O_RDONLY;

/** Starts a program. `output` is where stdout and stderr go. It leads a session and group of its own. */
export function startChild(
  argv: readonly string[],
  { env, account, directories = [], files = [] }: StartOptions,
  output: number | "pipe",
  input?: Uint8Array | "pipe",
) {
  const handed: number[] = [];
  try {
    for (const path of directories) handed.push(openSync(path, passOnly | constants.O_DIRECTORY));
    for (const path of files) handed.push(openSync(path, constants.O_RDONLY));
    const stdio = [input ?? "ignore", output, output, ...handed] as [
      "ignore" | "pipe",
      typeof output,
      typeof output,
      ...number[],
    ];
    return Bun.spawn([...argv], { cwd: "/", env, detached: true, stdio, ...account });
  } catch (error) {
    throw new UserError("program-not-started", `cannot start ${argv[0] ?? "nothing"}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    for (const descriptor of handed) closeSync(descriptor);
  }
}

/** Ends a program and whatever it started. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
