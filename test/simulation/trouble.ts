/** What goes wrong in a run, as its seed has it: drivers that fail, hang and die, disks that fail and fill, guests that never answer. */
import { UserError } from "../../src/errors.ts";
import type { FakeCall, FakeFault } from "../../src/drivers/fake-world.ts";
import { type DiskCall, diskError } from "./disk.ts";
import { diskErrors } from "./disk-errors.ts";
import { microtasks } from "./microtasks.ts";
import type { Random } from "./random.ts";

export interface Trouble {
  /** For a new life of the daemon: what its disk will do. The answer tells of it. */
  begin(): string;
  /** From now on nothing goes wrong. */
  end(): void;
  isOn(): boolean;
  /** Did a call of the disk fail in this life? */
  isDiskBad(): boolean;
  /** The disk has no more room than this. */
  fill(usedBytes: number): void;
  empty(): void;
  capacityBytes(): number;
  beforeCall(call: DiskCall): void | Promise<void>;
}

/** Of a disk with room: more than the least that a launch asks for. */
const roomyBytes = 2 ** 33;
/** Room that is left on a full disk, at most. */
const leftBytesMax = 200_000;
/** Calls of the disk in one life of the daemon, roughly: faults are spread over them. */
const callsOfLife = 400;
/** Turns that a slow sync takes at most. */
const slowTurnsMax = 150;

/** A fault at the n-th call, counted from 1 in one life, of those that it can come from. */
interface DiskFault {
  readonly code: string;
  readonly isLasting: boolean;
  readonly isOfLog: boolean;
  readonly at: number;
}

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random.below(items.length)] as Item;

export function createTrouble(random: Random, die: () => void): Trouble {
  let isOn = true;
  let isDiskBad = false;
  let fault: DiskFault | undefined;
  let deathAt = Number.POSITIVE_INFINITY;
  let calls = 0;
  let faultyCalls = 0;
  let capacityBytes = roomyBytes;
  const meets = (call: DiskCall): boolean => {
    if (!fault || diskErrors[fault.code]?.(call) !== true) return false;
    if (fault.isOfLog && !isOfLog(call)) return false;
    faultyCalls++;
    return fault.isLasting ? faultyCalls >= fault.at : faultyCalls === fault.at;
  };
  return {
    begin: () => {
      [calls, faultyCalls, isDiskBad] = [0, 0, capacityBytes < roomyBytes];
      fault = random.chance(0.35) ? diskFault(random) : undefined;
      deathAt = random.chance(0.3) ? 1 + random.below(callsOfLife) : Number.POSITIVE_INFINITY;
      return JSON.stringify({ ...fault, deathAt });
    },
    end: () => {
      [isOn, isDiskBad, capacityBytes, fault] = [false, false, roomyBytes, undefined];
      deathAt = Number.POSITIVE_INFINITY;
    },
    isOn: () => isOn,
    isDiskBad: () => isDiskBad,
    fill: (usedBytes) => {
      [capacityBytes, isDiskBad] = [usedBytes + random.below(leftBytesMax), true];
    },
    empty: () => {
      capacityBytes = roomyBytes;
    },
    capacityBytes: () => capacityBytes,
    beforeCall: (call) => {
      if (++calls === deathAt) {
        die();
        return new Promise(() => undefined);
      }
      if (meets(call)) {
        isDiskBad = true;
        throw diskError(fault?.code ?? "", call.path);
      }
      return call.operation === "sync" && random.chance(0.5) ? microtasks(random.below(slowTurnsMax)) : undefined;
    },
  };
}

/** What a record needs to become durable. */
const isOfLog = ({ operation, path }: DiskCall): boolean =>
  (operation === "write" || operation === "sync") && path.endsWith(".jsonl");

function diskFault(random: Random): DiskFault {
  const isOfLog = random.chance(0.5);
  return {
    code: pick(random, Object.keys(diskErrors)),
    isLasting: random.chance(0.4),
    isOfLog,
    at: 1 + random.below(isOfLog ? 60 : callsOfLife),
  };
}

const faultyCalls: readonly FakeCall[] = [
  "merge",
  "create",
  "start",
  "stop",
  "kill",
  "suspend",
  "resize",
  "resume",
  "inspect",
  "destroy",
  "freeze",
  "written",
];
const faultKinds: readonly FakeFault["fault"][] = ["fail", "fail", "hang", "die-before", "die-after"];

/** Faults of the driver over a whole run; some pass at a second try. */
export function driverFaults(random: Random): FakeFault[] {
  return Array.from({ length: random.below(8) }, () => {
    const call = pick(random, faultyCalls);
    const passes = random.chance(0.3);
    return {
      call,
      nth: 1 + random.below(call === "inspect" ? 60 : 6),
      fault: pick(random, faultKinds),
      ...(passes ? { error: new UserError("machine-unreachable", "the machine does not answer") } : {}),
    };
  });
}
