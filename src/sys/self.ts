/** This process: its id, its memory, the boot it lives in, the signals that end it. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { findProgram } from "./program-path.ts";

export interface Self {
  readonly pid: number;
  /** Changes with every boot of the host. */
  bootId(): string;
  /** Resident memory in bytes. */
  residentBytes(): number;
  /** Gives memory that is not needed back to the system, compiled code included; takes some 20 ms. */
  tidy(): void;
  /** Calls back at SIGTERM, SIGINT or SIGHUP with the signal's name; the answer stops it. */
  onEnd(listener: (signal: string) => void): () => void;
}

const ending = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

export const self: Self = {
  pid: process.pid,
  bootId: () => {
    const path = "/proc/sys/kernel/random/boot_id";
    return existsSync(path) ? readFileSync(path, "utf8").trim() : "unknown";
  },
  residentBytes: () => process.memoryUsage.rss(),
  tidy: () => {
    Bun.gc(true);
    Bun.shrink();
  },
  onEnd: (listener) => {
    for (const signal of ending) process.on(signal, listener);
    return () => {
      for (const signal of ending) process.off(signal, listener);
    };
  },
};

/** Where the command was typed; empty when that folder is gone. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return "";
  }
}

/** This program's path by the name that it was called by: links to it stay. `searchPath`: PATH. */
export function calledAs(searchPath: string): string {
  const name = process.argv0;
  return name.includes("/") ? resolve(name) : (findProgram(name, searchPath) ?? process.execPath);
}
