/** Becomes another user for good: what a process of root's does before it works for somebody. Linux only. */
import { dlopen, ptr } from "bun:ffi";
import { readdirSync, readFileSync } from "node:fs";
import { errorCode } from "./files.ts";
import { onFirstUse } from "./libc.ts";

export interface Who {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary ones. */
  readonly groups: readonly number[];
}

const identities = onFirstUse((name) =>
  dlopen(name, {
    setgroups: { args: ["u64", "ptr"], returns: "i32" },
    setresgid: { args: ["u32", "u32", "u32"], returns: "i32" },
    setresuid: { args: ["u32", "u32", "u32"], returns: "i32" },
  }),
);

/** Throws when it cannot be, and when afterwards anything of who we were is left. Who is that user already stays as it is. */
export function become({ uid, gid, groups }: Who): void {
  const now = process.getuid?.();
  if (now !== 0) {
    if (now === uid) return;
    throw new Error(`user ${now} cannot become user ${uid}`);
  }
  const { symbols } = identities();
  const list = Uint32Array.from([...new Set(groups)].sort((a, b) => a - b));
  // In this order: whoever is no longer root cannot change groups. An empty array has no address.
  const address = ptr(list.length === 0 ? new Uint32Array(1) : list);
  if (symbols.setgroups(list.length, address) !== 0) throw new Error("the groups could not be set");
  if (symbols.setresgid(gid, gid, gid) !== 0) throw new Error(`group ${gid} could not be taken`);
  if (symbols.setresuid(uid, uid, uid) !== 0) throw new Error(`user ${uid} could not be taken`);
  if (uid === 0) return;
  if (symbols.setresuid(0, 0, 0) === 0) throw new Error("the way back to root is open");
  if (gid !== 0 && symbols.setresgid(0, 0, 0) === 0) throw new Error("the way back to root's group is open");
  checkThreads({ uid, gid, groups: [...list] });
}

/** The calls change the thread that makes them, and the C library all others: each is asked. */
function checkThreads({ uid, gid, groups }: Who): void {
  const wanted = [
    ["Uid:", ...Array<number>(4).fill(uid)].join("\t"),
    ["Gid:", ...Array<number>(4).fill(gid)].join("\t"),
    `Groups:\t${groups.join(" ")}`.trimEnd(),
    ...["CapPrm", "CapEff", "CapAmb"].map((set) => `${set}:\t0000000000000000`),
  ];
  for (const thread of readdirSync("/proc/self/task")) {
    const lines = statusOf(thread)
      ?.split("\n")
      .map((line) => line.trimEnd());
    const missing = lines && wanted.find((line) => !lines.includes(line));
    if (missing !== undefined) throw new Error(`a thread did not become user ${uid}: no "${missing}"`);
  }
}

/** Undefined: that thread has ended. */
function statusOf(thread: string): string | undefined {
  try {
    return readFileSync(`/proc/self/task/${thread}/status`, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}
