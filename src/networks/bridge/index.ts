/** Networks of the host's own: a bridge for each, a tap for each machine, DHCP and DNS by dnsmasq, the rest by nftables. For root on Linux. */
import type { Clock } from "../../sys/clock.ts";
import type { Files } from "../../sys/files.ts";
import { dirname } from "../../sys/files.ts";
import type { Processes } from "../../sys/process.ts";
import { createTurns } from "../../sys/turns.ts";
import type { NetworkBackend, NetworkWanted, Refusal } from "../network.ts";
import { factsFrom, tunDevice } from "./facts.ts";
import type { BridgeFacts } from "./facts.ts";
import { linkWords, readHost, routeWords } from "./host.ts";
import type { HostNetwork } from "./host.ts";
import { isOurs, linkLines } from "./links.ts";
import { createNameServers } from "./name-servers.ts";
import { namesFor } from "./names.ts";
import { passesOn, passOn, stopPassingOn } from "./passing-on.ts";
import { readCounts, refusalsSince } from "./refusals.ts";
import { refusedNames } from "./refused-names.ts";
import type { Counts } from "./refusals.ts";
import { readRules, removalText, rulesText } from "./rules.ts";
import { checkSubnet } from "./subnets.ts";
import { allTools, createTools } from "./tools.ts";
import { noteUplinks, readUplinks } from "./uplink-notes.ts";
import { enslaveLines, mastersOf, releaseLines, uplinksFor } from "./uplinks.ts";

export interface BridgePorts {
  /** Absolute; the names of everything are made of it. */
  readonly dataDirectory: string;
  /** Absolute, and gone when the host restarts. */
  readonly runtimeDirectory: string;
  readonly files: Files;
  readonly processes: Pick<Processes, "run" | "spawnDetached" | "facts" | "list" | "kill">;
  readonly clock: Clock;
}

/** How often it is looked whether dnsmasq runs, and what was refused. */
const lookMs = 2_000;
const lookMsMax = 20_000;
const attemptsMax = 3;

export interface BridgeNetwork extends NetworkBackend {
  /** For doctor: what of the host bears on the networks that are wanted. */
  examine(wanted: NetworkWanted, signal: AbortSignal): Promise<BridgeFacts>;
}

export function createBridgeNetwork(ports: BridgePorts): BridgeNetwork {
  const { files, clock } = ports;
  const directory = `${ports.runtimeDirectory}/network`;
  const names = namesFor(ports.dataDirectory);
  const tools = createTools(ports.processes);
  const servers = createNameServers({ ...ports, directory, names, program: () => tools.path("dnsmasq") });
  const listeners = new Set<(refusals: readonly Refusal[]) => void>();
  const turns = createTurns();
  let last: NetworkWanted | undefined;
  let counted: Counts | undefined;
  let stopLooking = () => {};

  const readLinks = async (signal: AbortSignal): Promise<HostNetwork> =>
    readHost(await tools.run("ip", linkWords, signal), await tools.run("ip", routeWords, signal));
  /** What a daemon before us had begun may still be under way: then it is looked again. */
  const change = async (linesFor: (found: HostNetwork) => readonly string[], signal: AbortSignal) => {
    for (let attempt = 1; ; attempt++) {
      const lines = linesFor(await readLinks(signal));
      if (lines.length === 0) return;
      try {
        return void (await tools.run("ip", ["-batch", "-"], signal, `${lines.join("\n")}\n`));
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === attemptsMax) throw error;
      }
    }
  };
  /** Undefined where there is no table of ours. */
  const listRules = (signal: AbortSignal): Promise<string | undefined> =>
    tools.run("nft", ["-j", "list", "table", "inet", names.table], signal).catch(() => {
      signal.throwIfAborted();
      return undefined;
    });
  const load = (text: string, signal: AbortSignal) => tools.run("nft", ["-f", "-"], signal, text);

  /** Rules before links, so that no card is ever without them. */
  const make = async (wanted: NetworkWanted, signal: AbortSignal) => {
    for (const tool of allTools) tools.path(tool);
    const found = await readLinks(signal);
    const ours = new Set(found.links.filter((link) => isOurs(link, names)).map(({ name }) => name));
    // A route that came later is for doctor to tell: machines that run are not left alone for it.
    for (const { name, subnet } of wanted.networks)
      if (!ours.has(names.bridge(name))) checkSubnet(name, subnet, found.routes, ours);
    await openDirectory(files, directory);
    const rules = await listRules(signal);
    // Sets of another version are no obstacle, only a loss.
    await load(rulesText(wanted, names, rules === undefined ? undefined : readRules(rules)), signal).catch(() => {
      signal.throwIfAborted();
      return load(removalText(names) + rulesText(wanted, names), signal);
    });
    if (wanted.networks.some(({ kind }) => kind === "nat")) await passOn(files, directory);
    const noted = await readUplinks(files, directory);
    const uplinks = uplinksFor(wanted.bridged ?? [], found, noted);
    await noteUplinks(files, directory, [...uplinks, ...noted.filter((each) => !uplinks.includes(each))]);
    for (const each of uplinks) await change((now) => enslaveLines(each, now, names), signal);
    await change((now) => linkLines(wanted, now, names, mastersOf(uplinks)), signal);
    for (const each of noted.filter((one) => !uplinks.includes(one)))
      await change((now) => releaseLines(each, now), signal);
    await noteUplinks(files, directory, uplinks);
    await servers.apply(wanted, signal);
  };

  /** The rules go last. */
  const clear = async (signal: AbortSignal) => {
    if ((await files.stat(directory)) === undefined) return;
    await servers.stop(signal);
    await change((now) => linkLines({ networks: [], ports: [] }, now, names), signal);
    for (const each of await readUplinks(files, directory)) await change((now) => releaseLines(each, now), signal);
    await stopPassingOn(files, directory);
    if ((await listRules(signal)) !== undefined) await load(removalText(names), signal);
    for (const name of await files.list(directory)) await files.remove(`${directory}/${name}`);
    await files.removeDirectory(directory);
  };

  const apply = async (wanted: NetworkWanted, signal: AbortSignal) => {
    const used = inUse(wanted);
    const isUnused = isEmpty(used);
    stopLooking();
    if (isUnused) last = undefined;
    try {
      await (isUnused ? clear(signal) : make(used, signal));
      last = isUnused ? undefined : used;
    } finally {
      // A plan that was refused is not made later unasked: the one before it is what is kept up.
      if (last !== undefined) stopLooking = clock.after(lookMs, look);
    }
  };

  const report = async ({ ports: cards }: NetworkWanted, text: string) => {
    const now = readCounts(text);
    const names = refusedNames(await servers.questions(), cards);
    const refusals = [...(counted === undefined ? [] : refusalsSince(counted, now, cards)), ...names];
    counted = now;
    if (refusals.length > 0) for (const listener of listeners) listener(refusals);
  };

  /** A bridge of ours is gone. */
  const isTorn = async ({ networks }: NetworkWanted): Promise<boolean> => {
    const found = await Promise.all(networks.map(({ name }) => files.stat(`/sys/class/net/${names.bridge(name)}`)));
    return found.includes(undefined);
  };

  /** What fails here is tried again the next time. */
  const look = () => {
    const work = async () => {
      const wanted = last;
      if (wanted === undefined) return;
      const signal = AbortSignal.timeout(lookMsMax);
      const rules = await listRules(signal);
      // Whoever loads a firewall anew may take ours along.
      if (rules === undefined || (await isTorn(wanted))) return make(wanted, signal);
      if (await servers.needsCare()) await servers.apply(wanted, signal);
      await report(wanted, rules);
    };
    turns(work)
      .catch(() => undefined)
      .finally(() => {
        if (last !== undefined) stopLooking = clock.after(lookMs, look);
      });
  };

  const examine = async (wanted: NetworkWanted, signal: AbortSignal): Promise<BridgeFacts> => {
    const missing = tools.missing();
    const chains = await tools.run("nft", ["-j", "list", "chains"], signal).catch(() => undefined);
    const tun = await files.stat(tunDevice);
    const raw = {
      wanted: inUse(wanted),
      missing,
      host: missing.includes("ip") ? { links: [], routes: [] } : await readLinks(signal),
      ...(chains !== undefined && { chains }),
      passesOn: await passesOn(files),
      ...(tun && { tunMode: tun.mode }),
      isServed: servers.isServed(),
      leases: await servers.leases(),
    };
    return factsFrom(raw, names);
  };

  return {
    examine,
    apply: (wanted, signal) => turns(() => apply(wanted, signal)),
    watch: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: (wanted) =>
      turns(async () => {
        stopLooking();
        last = undefined;
        // The last instance may have gone just before: nobody comes later to take its bridge away.
        if (wanted && isEmpty(inUse(wanted))) await clear(AbortSignal.timeout(lookMsMax)).catch(() => undefined);
      }),
  };
}

/** A network without a machine that runs needs no bridge. */
const inUse = (wanted: NetworkWanted): NetworkWanted => ({
  ...wanted,
  networks: wanted.networks.filter(({ name }) => wanted.ports.some(({ network }) => network === name)),
});

const isEmpty = ({ ports, bridged = [] }: NetworkWanted): boolean => ports.length === 0 && bridged.length === 0;

const passable = 0o111;

/** Passable for the account that dnsmasq runs under, as is the folder above for those of machines. */
async function openDirectory(files: Files, directory: string): Promise<void> {
  await files.makeDirectory(directory, 0o700);
  await files.changeMode(directory, 0o755);
  const above = dirname(directory);
  const mode = (await files.stat(above))?.mode ?? passable;
  if ((mode & passable) !== passable) await files.changeMode(above, mode | passable);
}
