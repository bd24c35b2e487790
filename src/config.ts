/** Environment and place of everything, read once into one frozen Config; the only reader of the environment. */
import { accessSync, constants, existsSync, lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError, exitCodes } from "./errors.ts";
import type { Proxies } from "./model/outside.ts";
import { userHome, userName } from "./sys/users.ts";

/** Where root's own daemon keeps its data, and the socket that others reach it by. */
export const systemDirectory = "/var/lib/strata";
export const systemRuntimeDirectory = "/run/strata";
export const systemSocket = `${systemRuntimeDirectory}/api.sock`;
export const systemGroup = "strata";
/** sun_path holds 108 bytes with its closing NUL. Bun does not notice a longer one, QEMU refuses it. */
export const socketPathBytesMax = 107;

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly home: string;
}

/** Which daemon a client talks to, and by what rule it was chosen. */
export interface Target {
  readonly socket: string;
  readonly origin: "host" | "home" | "system" | "user";
  /** The data directory to start a daemon for when none answers; absent: that daemon is not ours to start. */
  readonly directory?: string;
}

export interface Config {
  readonly user: User;
  /** Data directory, absolute, symbolic links resolved. It may not exist yet. */
  readonly directory: string;
  /** Holds every socket of that data directory's daemon: 0700, save the system daemon's, which is 0750. It may not exist yet. */
  readonly runtimeDirectory: string;
  /** API socket of the daemon of `directory`. */
  readonly socket: string;
  /** The data directory is the system's: socket 0660 for group `strata`. */
  readonly isSystem: boolean;
  /** Own program and its first arguments: what to execute to run strata again. */
  readonly program: readonly string[];
  /** Folder `images/` beside the executable. It may not exist. */
  readonly imageDirectory: string;
  /** STRATA_IMAGE_HOSTS, split at spaces and commas. */
  readonly imageHosts: readonly string[];
  /** http_proxy, https_proxy, all_proxy and no_proxy, in small or capital letters. */
  readonly proxies: Proxies;
  /** SSL_CERT_FILE: certificates to trust instead of the system's. */
  readonly certificatesFile: string | undefined;
  /** $XDG_CONFIG_HOME/strata/client.json */
  readonly clientFile: string;
  /** $XDG_CONFIG_HOME/strata/seals.json: the last seal seen of each daemon. */
  readonly sealMemoryFile: string;
  /** Aliases of the personality multipass, and the folder of the scripts that stand for them. */
  readonly aliasFile: string;
  readonly aliasDirectory: string;
  /** STRATA_HOST. */
  readonly host: string | undefined;
  /** STRATA_HOME was set. */
  readonly homeGiven: boolean;
  /** STRATA_REASON: the why of every change, unless --reason gives another. */
  readonly reason: string | undefined;
  readonly color: boolean;
  /** PATH, where a system's QEMU is looked for. */
  readonly searchPath: string;
  /** TERM, for shells in a guest. */
  readonly term: string;
  /** As it was found; only to be handed on to programs that are started. */
  readonly environment: Environment;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything the environment says. Throws `home-invalid` and `socket-path-too-long`. */
export function readConfig(environment: Environment = process.env, user: User = currentUser()): Config {
  const value = (name: string) => environment[name] || undefined;
  const home = value("STRATA_HOME");
  if (home !== undefined && !home.startsWith("/"))
    throw new UserError("home-invalid", `STRATA_HOME is "${home}"; it must be an absolute path`, {
      exit: exitCodes.usage,
    });
  const directory = realPath(home ?? defaultDirectory(user, value("XDG_DATA_HOME")));
  const isSystem = directory === systemDirectory;
  const runtimeDirectory = isSystem
    ? systemRuntimeDirectory
    : userRuntimeDirectory(user, directory, value("XDG_RUNTIME_DIR"));
  const clientDirectory = join(absoluteOr(value("XDG_CONFIG_HOME"), join(user.home, ".config")), "strata");
  // From source, the executable is taken to be where the build would put it.
  const executable = Bun.isStandaloneExecutable ? process.execPath : join(dirname(Bun.main), "..", "dist", "strata");
  return Object.freeze({
    user,
    directory,
    runtimeDirectory,
    socket: socketPath(runtimeDirectory, "api.sock"),
    isSystem,
    program: Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main],
    imageDirectory: join(dirname(executable), "images"),
    imageHosts: (value("STRATA_IMAGE_HOSTS") ?? "").split(/[\s,]+/).filter(Boolean),
    proxies: readProxies(value),
    certificatesFile: value("SSL_CERT_FILE"),
    clientFile: join(clientDirectory, "client.json"),
    sealMemoryFile: join(clientDirectory, "seals.json"),
    aliasFile: join(clientDirectory, "multipass_aliases.json"),
    aliasDirectory: join(absoluteOr(value("XDG_DATA_HOME"), join(user.home, ".local/share")), "strata-aliases", "bin"),
    host: value("STRATA_HOST"),
    homeGiven: home !== undefined,
    reason: value("STRATA_REASON"),
    color: value("NO_COLOR") === undefined && value("TERM") !== "dumb",
    searchPath: value("PATH") ?? "",
    term: value("TERM") ?? "xterm-256color",
    environment,
  });
}

/** Small letters first, as curl does; HTTP_PROXY in capitals counts too, since no CGI is near. */
function readProxies(value: (name: string) => string | undefined): Proxies {
  const either = (name: string) => value(name) ?? value(name.toUpperCase());
  const all = {
    http: either("http_proxy"),
    https: either("https_proxy"),
    all: either("all_proxy"),
    none: either("no_proxy"),
  };
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== undefined));
}

/** The daemon a client means: `host` (--host), STRATA_HOST, STRATA_HOME, the system's when it may be opened, else the user's own. */
export function chooseTarget(config: Config, host: string | undefined = config.host): Target {
  if (host !== undefined) return { socket: parseHost(host), origin: "host" };
  const own: Target = {
    socket: placeOf(config),
    origin: config.homeGiven ? "home" : "user",
    directory: config.directory,
  };
  if (config.homeGiven || config.isSystem) return own;
  return mayOpen(systemSocket) ? { socket: systemSocket, origin: "system" } : own;
}

/** A directory in /tmp could have been put there by anybody, with a socket that pretends to be the daemon. Throws `runtime-directory-unsafe`. */
export function checkRuntimeDirectory(config: Config): void {
  const base = dirname(config.runtimeDirectory);
  const found = config.isSystem ? undefined : lstatSync(base, { throwIfNoEntry: false });
  if (!found || (found.isDirectory() && found.uid === config.user.uid && (found.mode & 0o022) === 0)) return;
  throw new UserError(
    "runtime-directory-unsafe",
    `${base} is not a directory that only ${config.user.name} may write`,
    {
      exit: exitCodes.refused,
      hints: [["next", "set XDG_RUNTIME_DIR to a directory of your own"]],
    },
  );
}

/** Other daemons of this machine that the caller of `target` may have meant: where, and how to ask them. */
export function otherDaemons(config: Config, target: Target): { readonly what: string; readonly next: string }[] {
  const others: { what: string; next: string }[] = [];
  if (target.socket !== systemSocket && existsSync(systemRuntimeDirectory)) {
    const next = mayOpen(systemSocket)
      ? `strata list --host ${systemSocket}`
      : `sudo usermod -aG ${systemGroup} ${config.user.name}, then log in again`;
    others.push({ what: `the system's, at ${systemSocket}`, next });
  }
  const own = defaultDirectory(config.user, config.environment["XDG_DATA_HOME"] || undefined);
  const isAsked = target.directory === own || (target.origin === "system" && own === systemDirectory);
  if (!isAsked && own !== systemDirectory && existsSync(own))
    others.push({ what: `your own, with data in ${own}`, next: `STRATA_HOME=${own} strata list` });
  return others;
}

/** Written by a running daemon into its data directory: `{pid, socket}`. */
export const placeFile = (directory: string): string => `${directory}/daemon.json`;

/** The socket of the data directory's daemon: where it should be, else where a running one says it is. */
function placeOf({ directory, socket }: Config): string {
  if (existsSync(socket)) return socket;
  try {
    const said: unknown = JSON.parse(readFileSync(placeFile(directory), "utf8")).socket;
    if (typeof said === "string" && existsSync(said)) return said;
  } catch {
    // None runs, or it is another user's.
  }
  return socket;
}

/** The socket named by `/path` or `unix:/path`. Throws `host-invalid` and `socket-path-too-long`. */
function parseHost(host: string): string {
  const path = host.replace(/^unix:(\/\/)?/, "");
  if (path.startsWith("/")) return socketPath(dirname(path), basename(path));
  throw new UserError("host-invalid", `host "${host}" is not the path of a socket`, {
    exit: exitCodes.usage,
    hints: [["form", `unix:${systemSocket}`]],
  });
}

/** `directory/name`, when a socket can have that path. Throws `socket-path-too-long`. */
export function socketPath(directory: string, name: string): string {
  const path = join(directory, name);
  const bytes = Buffer.byteLength(path);
  if (bytes <= socketPathBytesMax) return path;
  throw new UserError(
    "socket-path-too-long",
    `the socket path "${path}" has ${bytes} bytes; the system allows ${socketPathBytesMax}`,
    {
      exit: exitCodes.usage,
      hints: [["next", "set XDG_RUNTIME_DIR to a shorter directory"]],
    },
  );
}

function defaultDirectory(user: User, dataHome: string | undefined): string {
  if (user.uid === 0) return systemDirectory;
  return join(absoluteOr(dataHome, join(user.home, ".local", "share")), "strata");
}

/** The XDG directories must be absolute; others are to be ignored (XDG base directory specification). */
const absoluteOr = (path: string | undefined, otherwise: string) => (path?.startsWith("/") ? path : otherwise);

/** A short name per data directory, so that its length never makes a socket path too long. */
function userRuntimeDirectory(user: User, directory: string, runtimeHome: string | undefined): string {
  const key = new Bun.CryptoHasher("sha256").update(directory).digest("hex").slice(0, 10);
  const session = runtimeHome ?? `/run/user/${user.uid}`;
  const base =
    session.startsWith("/") && isOwnDirectory(session, user.uid) ? join(session, "strata") : `/tmp/strata-${user.uid}`;
  return join(base, key);
}

function isOwnDirectory(path: string, uid: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === uid;
}

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Resolves links in the part of the path that exists, so that one directory has one name before and after it is made. */
function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(realPath(parent), basename(absolute));
  }
}

function currentUser(): User {
  const uid = process.getuid?.() ?? 0;
  return { uid, gid: process.getgid?.() ?? 0, name: userName(uid), home: process.env["HOME"] || userHome(uid) };
}
