/** What the host is, as plain facts handed in at the start. */
import { arch, availableParallelism, totalmem } from "node:os";
import { userName } from "./users.ts";

export interface Host {
  readonly platform: "linux" | "darwin" | "win32";
  readonly architecture: "x86_64" | "aarch64";
  /** Bytes of memory in the whole machine. */
  readonly memory: number;
  readonly processors: number;
  /** The account we run under. */
  readonly uid: number;
  readonly user: string;
}

/** Reads the facts; they do not change while we run. */
export function systemHost(): Host {
  const { platform } = process;
  const uid = process.getuid?.() ?? 1;
  return {
    platform: platform === "darwin" || platform === "win32" ? platform : "linux",
    architecture: arch() === "arm64" ? "aarch64" : "x86_64",
    memory: totalmem(),
    processors: availableParallelism(),
    uid,
    user: userName(uid),
  };
}
