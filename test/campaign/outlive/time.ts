/** Kills of the compiled daemon under the verbs of the time machine, on a real guest: what each point holds stays what it was. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../../e2e/harness.ts";
import type { Random } from "../../simulation/random.ts";
import { expectThat, killDaemon, settled } from "./guest.ts";

const target = "web";
/** The longest of them, a restore on a busy host, takes some four seconds. */
const killMsMax = 4_000;
const marker = "/home/ubuntu/marker";
const base = "base";

const write = (home: Home, text: string) => home.ok("exec", target, "sh", "-c", `echo ${text} > ${marker} && sync`);
const inGuest = async (home: Home, name: string) => (await home.ok("exec", name, "cat", marker)).trim();

/** What the file of a point's disk holds, read without a machine. */
async function inPoint(home: Home, point: string): Promise<string> {
  const path = join(home.directory, "marker");
  await home.ok("transfer", `${target}@${point}:${marker}`, path);
  const text = readFileSync(path, "utf8").trim();
  rmSync(path);
  return text;
}

/** The point that every kill must leave as it is. */
export async function prepareTime(home: Home): Promise<void> {
  await write(home, base);
  await home.ok("snapshot", `${target}@${base}`, "--with-memory");
}

interface Deed {
  words(serial: string): readonly string[];
  /** What must hold afterwards; `serial` is what the guest's file held before. */
  check(home: Home, serial: string): Promise<void>;
}

const isMarked = async (home: Home, name: string, text: string): Promise<void> => {
  const found = await inGuest(home, name);
  expectThat(found === text, `${name} holds "${found}" instead of "${text}"`);
};
const holds = async (home: Home, point: string, text: string): Promise<void> => {
  const found = await inPoint(home, point);
  expectThat(found === text, `${target}@${point} holds "${found}" instead of "${text}"`);
};
/** The newest point is the branch that a restore kept. */
async function branchHolds(home: Home, serial: string): Promise<void> {
  const [tree] = JSON.parse(await home.ok("history", target, "--tree", "--json")).instances as {
    points: { name: string }[];
  }[];
  await holds(home, tree?.points.at(-1)?.name ?? "", serial);
}

const snapshot = (...more: string[]): Deed => ({
  words: (serial) => ["snapshot", `${target}@s-${serial}`, ...more],
  async check(home, serial) {
    await isMarked(home, target, serial);
    await holds(home, `s-${serial}`, serial);
  },
});

const deeds: Readonly<Record<string, Deed>> = {
  "snapshot with memory": snapshot("--with-memory"),
  snapshot: snapshot(),
  restore: {
    words: () => ["restore", `${target}@${base}`],
    async check(home, serial) {
      await isMarked(home, target, base);
      await branchHolds(home, serial);
    },
  },
  fork: {
    words: (serial) => ["fork", target, `f-${serial}`],
    async check(home, serial) {
      await settled(home, `f-${serial}`);
      await isMarked(home, target, serial);
      await isMarked(home, `f-${serial}`, serial);
      await home.ok("delete", "--purge", `f-${serial}`);
    },
  },
  undo: {
    words: () => ["undo", "--yes"],
    check: (home, serial) => isMarked(home, target, serial),
  },
};

/** One of them and one kill. The file's text is the seed's, so that a mixture of two is seen. */
export async function killUnderTime(home: Home, random: Random, seed: number): Promise<string> {
  const names = Object.keys(deeds);
  const name = names[random.below(names.length)] ?? "restore";
  const serial = `n${seed}`;
  await write(home, serial);
  // There has to be something that an undo takes back to where this text is.
  if (name === "undo") await home.ok("restore", `${target}@${base}`);
  const deed = deeds[name];
  const child = home.start(deed?.words(serial) ?? []);
  await Bun.sleep(random.below(killMsMax));
  await killDaemon(home);
  const [code, said] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  expectThat(code === 0, `${name} under a kill: exit ${code}\n${said}`);
  const found = await settled(home, target);
  expectThat(found?.state === "Running", `${name} under a kill leaves ${target} ${found?.state ?? "gone"}`);
  await deed?.check(home, serial);
  await holds(home, base, base);
  return name;
}
