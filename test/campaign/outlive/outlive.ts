/** Machines outlive the daemon: fake ones under a thousand kills, real ones under a few, and under what else befalls a host. */
import type { Failure, Findings, Order, Part } from "../part.ts";
import { attackGuests } from "./guests.ts";
import { runRound } from "./round.ts";

const sizes = { sample: { rounds: 1, kills: 10 }, full: { rounds: 50, kills: 20 } } as const;

export const outlive: Part = {
  name: "outlive",
  what: "Kills the daemon at random moments, under 50 fake machines and under real guests; moves pids, sockets, programs and boots of the host about. No machine may stop or start by that, each must be found again as it is, and every promise kept.",
  async run(order) {
    const fake = await attackFakes(order);
    const guests = await attackGuests(order);
    return {
      points: fake.points + guests.points,
      failures: [...fake.failures, ...guests.failures],
      figures: { ...fake.figures, ...guests.figures },
    };
  },
};

async function attackFakes({ size, seed, tell }: Order): Promise<Findings> {
  const { rounds, kills } = sizes[size];
  const failures: Failure[] = [];
  const counts: Record<string, number> = {};
  const foundMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const own = seed * 1000 + round;
    const found = await runRound(own, kills);
    foundMs.push(...found.foundMs);
    for (const [what, count] of Object.entries(found.counts))
      counts[`fake: ${what}`] = (counts[`fake: ${what}`] ?? 0) + count;
    for (const what of found.problems)
      failures.push({ what, again: `bun test/campaign/outlive/round.ts ${own} ${kills}` });
    tell(`${(round + 1) * kills} kills, ${failures.length} failures`);
  }
  return { points: rounds * kills, failures, figures: { ...counts, ...timesOf(foundMs) } };
}

function timesOf(foundMs: readonly number[]): Record<string, string> {
  const sorted = [...foundMs].sort((a, b) => a - b);
  const at = (part: number) =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(0)} ms`;
  return {
    "fake: from the daemon's start to 50 machines found, median": at(0.5),
    "fake: the same, longest (goal: below 2 s)": at(1),
  };
}
