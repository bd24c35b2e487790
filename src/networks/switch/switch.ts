/** The switch itself: frames come in from guests, are judged, and go out again. It never waits: what the other side does not take is lost, as on any network. */
import type { Clock } from "../../sys/clock.ts";
import type { Connection, ConnectionHandlers } from "../../sys/unix-listener.ts";
import type { NetworkWanted, Refusal } from "../network.ts";
import { udpAnswer } from "./build.ts";
import { readFrame } from "./frame.ts";
import { createHosts } from "./hosts.ts";
import { judge } from "./judge.ts";
import type { Verdict } from "./judge.ts";
import { cableEnds } from "./messages.ts";
import type { CableEnd } from "./messages.ts";
import { addressRecord, encodeAnswer } from "./names.ts";
import { createRefusals } from "./refusals.ts";
import { createSplitter, prefixBytes, prefixed } from "./stream.ts";
import { makeTable } from "./table.ts";
import type { Port, Table } from "./table.ts";

export interface Switch {
  /** Who is there and may do what, from the next frame on. */
  setTable(wanted: NetworkWanted): void;
  /** One end of a cable of an instance, in place of the one before. */
  attach(instance: string, end: CableEnd, connection: Connection): ConnectionHandlers;
  /** Instances whose cables are all there. */
  plugged(): string[];
  /** Ends of cables that are there. */
  cables(): number;
  /** What was refused since it was last asked for. */
  refusals(): Refusal[];
  close(): void;
}

export interface SwitchOptions {
  readonly clock: Clock;
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** A cable is gone that nobody has replaced. */
  readonly lost: (instance: string) => void;
}

/** What waits for one cable: some 350 large frames, which QEMU reads in some milliseconds. */
const waitingBytesMax = 512 * 1024;
/** Frames that one guest may send to all its sisters in a second. */
const groupFramesMax = 200;
const groupMs = 1_000;
/** Names that are being looked up for one guest. */
const lookupsMax = 32;

interface Line extends Partial<Record<CableEnd, Connection>> {
  lookups: number;
  groupFrames: number;
  groupFromMs: number;
}

export function createSwitch({ clock, resolve, lost }: SwitchOptions): Switch {
  const lines = new Map<string, Line>();
  const counted = createRefusals();
  const hosts = createHosts(resolve, clock);
  let table: Table = new Map();

  const lineOf = (instance: string): Line => {
    const line = lines.get(instance) ?? { lookups: 0, groupFrames: 0, groupFromMs: 0 };
    lines.set(instance, line);
    return line;
  };
  const toGuest = (instance: string, bytes: Uint8Array) => send(lines.get(instance)?.toGuest, bytes);

  const toSisters = (from: Port, bytes: Uint8Array) => {
    if (!mayReachAll(lineOf(from.instance), clock.monotonicMs())) return;
    for (const sister of from.segment.byMac.values()) if (sister !== from) toGuest(sister.instance, bytes);
  };
  /** By the host, since only what it finds is let through. */
  const lookUp = (from: Port, { frame, packet, query }: Extract<Verdict, { to: "resolver" }>) => {
    const line = lineOf(from.instance);
    if (line.lookups >= lookupsMax) return;
    line.lookups += 1;
    const answered = hosts.find(query.name).then((addresses) => {
      const wanted = query.question.type === "A" ? addresses : [];
      const records = wanted.map((address) => addressRecord(query.question.name, address));
      toGuest(from.instance, prefixed(udpAnswer(frame, packet, encodeAnswer(query, records))));
    });
    void answered.finally(() => (line.lookups -= 1));
  };
  const follow = (verdict: Verdict, from: Port, bytes: Uint8Array) => {
    if (verdict.to === "network") send(lines.get(from.instance)?.toNetwork, bytes);
    else if (verdict.to === "sister") toGuest(verdict.port.instance, bytes);
    else if (verdict.to === "sisters") toSisters(from, bytes);
    else if (verdict.to === "guest") toGuest(from.instance, prefixed(verdict.answer));
    else if (verdict.to === "resolver") lookUp(from, verdict);
    else {
      if (verdict.refused) counted.count(from.instance, verdict.refused);
      if (verdict.answer) toGuest(from.instance, prefixed(verdict.answer));
    }
  };
  const judgeOne = (instance: string, bytes: Uint8Array, start: number, end: number) => {
    const from = table.get(instance);
    if (!from) return;
    const frame = readFrame(bytes.subarray(start + prefixBytes, end));
    follow(judge(frame, from, hosts.isLearned), from, bytes.subarray(start, end));
  };
  const forget = (instance: string, end: CableEnd, connection: Connection) => {
    const line = lines.get(instance);
    if (line?.[end] !== connection) return;
    delete line[end];
    if (cableEnds.every((each) => line[each] === undefined)) lines.delete(instance);
    lost(instance);
  };

  return {
    setTable(wanted) {
      table = makeTable(wanted);
      hosts.watch(table);
    },
    attach(instance, end, connection) {
      const line = lineOf(instance);
      line[end]?.close();
      line[end] = connection;
      const split = createSplitter({ frame: (bytes, start, stop) => judgeOne(instance, bytes, start, stop) });
      return {
        // The other ends are for writing alone: what comes from there is nothing.
        data: (bytes) => end !== "fromGuest" || split(bytes) || connection.close(),
        closed: () => forget(instance, end, connection),
      };
    },
    plugged: () => [...lines].filter(([, line]) => cableEnds.every((end) => line[end])).map(([instance]) => instance),
    cables: () => [...lines.values()].reduce((sum, line) => sum + cableEnds.filter((end) => line[end]).length, 0),
    refusals: counted.take,
    close: () => {
      hosts.close();
      for (const line of lines.values()) for (const end of cableEnds) line[end]?.close();
    },
  };
}

/** Whole frames or nothing. */
function send(connection: Connection | undefined, bytes: Uint8Array): void {
  if (connection && connection.waiting() + bytes.length <= waitingBytesMax) connection.write(bytes);
}

function mayReachAll(line: Line, nowMs: number): boolean {
  if (nowMs - line.groupFromMs >= groupMs) Object.assign(line, { groupFrames: 0, groupFromMs: nowMs });
  line.groupFrames += 1;
  return line.groupFrames <= groupFramesMax;
}
