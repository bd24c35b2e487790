/** Our two dnsmasq: each runs with the configuration that it is to have, found by the file's name in its command line, or is started. */
import { UserError } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Files } from "../../sys/files.ts";
import { sha256Hex } from "../../sys/hash.ts";
import type { ProcessIdentity } from "../../sys/process-facts.ts";
import { isAlive, type Processes } from "../../sys/process.ts";
import type { NetworkWanted } from "../network.ts";
import { configuration, freedLeases, hosts, reservations, upstreams } from "./dnsmasq-files.ts";
import type { Paths, Role } from "./dnsmasq-files.ts";
import type { Names } from "./names.ts";
import { logBytesMax } from "./refused-names.ts";
import { isGated } from "./rules.ts";
import { environment } from "./tools.ts";

export interface NameServerPorts {
  /** Ours alone; whoever dnsmasq runs as may read it. */
  readonly directory: string;
  readonly names: Names;
  readonly files: Files;
  readonly processes: Pick<Processes, "spawnDetached" | "facts" | "list" | "kill">;
  readonly clock: Clock;
  /** Where the program is. */
  program(): string;
}

export interface NameServers {
  apply(wanted: NetworkWanted, signal: AbortSignal): Promise<void>;
  stop(signal: AbortSignal): Promise<void>;
  /** One that was started has ended, or the host asks others for names. */
  needsCare(): Promise<boolean>;
  /** Is there one that gives addresses, whoever started it? */
  isServed(): boolean;
  /** What dnsmasq has written down of those. */
  leases(): Promise<string>;
  /** What the gate has said since it was asked last; some of it may be lost. */
  questions(): Promise<string>;
}

const roles: readonly Role[] = ["open", "gate"];
const startMsMax = 10_000;
const endMsMax = 5_000;
const pauseMs = 10;
const worldReadable = 0o644;

export function createNameServers(ports: NameServerPorts): NameServers {
  const { directory, names, files, processes } = ports;
  const paths: Paths = {
    reservations: `${directory}/reservations`,
    hosts: `${directory}/hosts`,
    leases: `${directory}/leases`,
    upstreams: `${directory}/upstreams`,
    resolv: "/etc/resolv.conf",
  };
  const running = new Map<Role, ProcessIdentity>();
  let isTold = false;
  let resolv = "";

  const apply = async (wanted: NetworkWanted, signal: AbortSignal) => {
    const user = await accountOf(files);
    const networks = new Map(wanted.networks.map((each) => [each.name, each]));
    const isNeeded = (role: Role) =>
      networks.size > 0 && (role === "open" || wanted.ports.some((port) => isGated(port, networks.get(port.network))));
    resolv = await textOf(files, paths.resolv);
    const changes = [
      await write(files, paths.upstreams, upstreams(wanted, resolv)),
      await write(files, paths.reservations, reservations(wanted)),
      await write(files, paths.hosts, hosts(wanted)),
    ];
    const isNews = changes.includes(true) || !isTold;
    for (const role of roles) {
      const text = isNeeded(role) ? configuration(role, wanted, names, paths, user) : undefined;
      await settle(role, text, wanted, isNews, signal);
    }
    isTold = true;
  };

  /** Ends what has another configuration, starts what is missing, and has the others read their files anew. */
  const settle = async (
    role: Role,
    text: string | undefined,
    wanted: NetworkWanted,
    isNews: boolean,
    signal: AbortSignal,
  ) => {
    const path = text === undefined ? undefined : pathOf(directory, role, text);
    const leases = role === "open" ? freedLeases(await textOf(files, paths.leases), wanted) : undefined;
    const found = ours(processes, directory, role);
    const right = leases === undefined ? found.find(({ configuration }) => configuration === path) : undefined;
    for (const each of found) if (each !== right) await end(ports, each.identity, signal);
    running.delete(role);
    if (leases !== undefined) await files.writeAtomically(paths.leases, Buffer.from(leases), worldReadable);
    for (const old of await configurations(files, directory, role)) if (old !== path) await files.remove(old);
    if (path === undefined || text === undefined) return;
    if (right && isNews) processes.kill(right.identity, "SIGHUP");
    running.set(role, right?.identity ?? (await start(ports, role, path, text, signal)));
  };

  return {
    apply,
    async stop(signal) {
      for (const role of roles)
        for (const each of ours(processes, directory, role)) await end(ports, each.identity, signal);
      running.clear();
      isTold = false;
    },
    isServed: () => ours(processes, directory, "open").length > 0,
    leases: () => textOf(files, paths.leases),
    questions: () => taken(files, logOf(directory, "gate")),
    needsCare: async () => {
      if (running.size === 0) return false;
      const isMissing = [...running.values()].some((identity) => !isAlive(processes, identity));
      return isMissing || resolv !== (await textOf(files, paths.resolv));
    },
  };
}

/** Its content's digest is in its name, so that a process tells by its command line how it is configured. */
const pathOf = (directory: string, role: Role, text: string): string =>
  `${directory}/${role}-${sha256Hex(Buffer.from(text)).slice(0, 16)}.conf`;

async function configurations(files: Files, directory: string, role: Role): Promise<string[]> {
  const found = (await files.list(directory)).filter((name) => name.startsWith(`${role}-`) && name.endsWith(".conf"));
  return found.map((name) => `${directory}/${name}`);
}

const logOf = (directory: string, role: Role): string => `${directory}/${role}.log`;

/** What a guest makes it say fills no disk: beyond that it goes to the system's log. */
const bounded = ["/bin/sh", "-c", `ulimit -f ${logBytesMax / 512} && trap "" XFSZ && exec "$@"`, "sh"];

const option = "--conf-file=";

function ours(processes: Pick<Processes, "list">, directory: string, role: Role) {
  return processes.list().flatMap(({ pid, startTime, argv }) => {
    const word = argv.find((each) => each.startsWith(`${option}${directory}/${role}-`));
    return word === undefined ? [] : [{ identity: { pid, startTime }, configuration: word.slice(option.length) }];
  });
}

/** Rejects with `network-unavailable` when it does not even end when killed. */
async function end(
  { processes, clock }: NameServerPorts,
  identity: ProcessIdentity,
  signal: AbortSignal,
): Promise<void> {
  for (const kind of ["SIGTERM", "SIGKILL"] as const) {
    processes.kill(identity, kind);
    const late = clock.monotonicMs() + endMsMax;
    while (isAlive(processes, identity) && clock.monotonicMs() < late) await clock.sleep(pauseMs, signal);
    if (!isAlive(processes, identity)) return;
  }
  throw new UserError("network-unavailable", `dnsmasq, process ${identity.pid}, does not end though it was killed`);
}

/** Answers when it has its sockets, which it says by writing its pid. */
async function start(
  ports: NameServerPorts,
  role: Role,
  path: string,
  text: string,
  signal: AbortSignal,
): Promise<ProcessIdentity> {
  const { directory, files, processes, clock } = ports;
  const [pid, outputPath] = [`${directory}/${role}.pid`, logOf(directory, role)];
  await files.writeAtomically(path, Buffer.from(text), worldReadable);
  if (await files.stat(pid)) await files.remove(pid);
  const words = [
    ...bounded,
    ports.program(),
    "--keep-in-foreground",
    "--log-facility=-",
    `--pid-file=${pid}`,
    `${option}${path}`,
  ];
  const identity = processes.spawnDetached(words, { env: environment, outputPath });
  const late = clock.monotonicMs() + startMsMax;
  while ((await files.stat(pid)) === undefined) {
    if (!isAlive(processes, identity) || clock.monotonicMs() > late) throw await failure(files, outputPath);
    await clock.sleep(pauseMs, signal);
  }
  return identity;
}

async function failure(files: Files, path: string): Promise<UserError> {
  const said =
    Buffer.from(await files.read(path))
      .toString()
      .trim()
      .split("\n")
      .at(-1) ?? "";
  return new UserError("network-unavailable", `dnsmasq does not start: ${said.replace(/^dnsmasq: /, "")}`, {
    hints: [["next", "ss -lnptu '( sport = :67 or sport = :53 )'"]],
  });
}

/** It appends, so that what is taken away leaves no gap. */
async function taken(files: Files, path: string): Promise<string> {
  const text = await textOf(files, path);
  if (text === "") return text;
  const file = await files.open(path, "write");
  await file.truncate(0).finally(() => file.close());
  return text;
}

/** Nothing, where there is no file. */
async function textOf(files: Files, path: string): Promise<string> {
  return (await files.stat(path)) === undefined ? "" : Buffer.from(await files.read(path)).toString();
}

/** True when it was another text before. */
async function write(files: Files, path: string, text: string): Promise<boolean> {
  const before = (await files.stat(path)) === undefined ? undefined : Buffer.from(await files.read(path)).toString();
  if (before === text) return false;
  await files.writeAtomically(path, Buffer.from(text), worldReadable);
  return true;
}

/** Debian's package makes an account for it. */
async function accountOf(files: Files): Promise<string> {
  const table = Buffer.from(await files.read("/etc/passwd")).toString();
  return /^dnsmasq:/m.test(table) ? "dnsmasq" : "nobody";
}
