/** Scopes of a user's systemd (systemd.scope(5)): what is started in one of its own ends neither with the session nor with its starter's. */
import { existsSync } from "node:fs";
import { findProgram } from "./program-path.ts";

export interface ScopeFacts {
  /** Absolute path; undefined: the host has none. */
  readonly systemdRun: string | undefined;
  /** The user's manager listens. */
  readonly hasManager: boolean;
  readonly isRoot: boolean;
}

export interface Scope {
  /** What stands before a command so that it runs in a scope of its own; nothing where there are none. */
  readonly words: readonly string[];
  /** What systemd-run needs of the environment. */
  readonly env: Readonly<Record<string, string>>;
}

const probeMs = 2_000;
const none: Scope = { words: [], env: {} };

/** systemd-run becomes the command (it executes it in its place), so the pid is the command's. Root's sessions are not ended, and its machines run under accounts that no manager knows. */
export function scopeWords({ systemdRun, hasManager, isRoot }: ScopeFacts): readonly string[] {
  if (systemdRun === undefined || !hasManager || isRoot) return [];
  return [systemdRun, "--user", "--scope", "--quiet", "--collect", "--"];
}

/** The scope for this host, tried once with a program that does nothing: one that does not work is none. */
export function findScope(
  environment: Readonly<Record<string, string | undefined>>,
  searchPath: string,
  uid: number,
): Scope {
  const runtime = environment["XDG_RUNTIME_DIR"];
  if (process.platform !== "linux" || runtime === undefined) return none;
  const words = scopeWords({
    systemdRun: findProgram("systemd-run", searchPath),
    hasManager: existsSync(`${runtime}/systemd/private`),
    isRoot: uid === 0,
  });
  if (words.length === 0) return none;
  const bus = environment["DBUS_SESSION_BUS_ADDRESS"];
  const env = { XDG_RUNTIME_DIR: runtime, ...(bus !== undefined && { DBUS_SESSION_BUS_ADDRESS: bus }) };
  const tried = Bun.spawnSync([...words, "true"], {
    env: { ...env, PATH: searchPath },
    timeout: probeMs,
    stdio: ["ignore", "ignore", "ignore"],
  });
  return tried.exitCode === 0 ? { words, env } : none;
}
