/** The attacks on real guests, in one home: situations in their order, and kills under commands. */
import { createHome, type Home, until } from "../../e2e/harness.ts";
import { seededRandom } from "../../simulation/random.ts";
import type { Failure, Order } from "../part.ts";
import { viewOf } from "./guest.ts";
import { killUnder, killUnderLaunch, makeRunning } from "./kills.ts";
import { killUnderTime, prepareTime } from "./time.ts";
import { situations } from "./situations.ts";

interface GuestPlan {
  readonly names: readonly string[];
  readonly kills: number;
  readonly launches: number;
  /** Kills under the verbs of the time machine. */
  readonly times: number;
  readonly situations: readonly string[];
}

/** The sample boots one guest once, and so has no situation after which it would have to be booted again, but for the last. */
const plans: Readonly<Record<Order["size"], GuestPlan>> = {
  sample: {
    names: ["web"],
    kills: 2,
    launches: 0,
    times: 2,
    situations: ["daemon-stopped", "new-program", "hanging", "host-rebooted"],
  },
  full: {
    names: ["web", "db", "mail"],
    kills: 15,
    launches: 5,
    times: 40,
    situations: situations.map(({ name }) => name),
  },
};

export interface GuestFindings {
  readonly points: number;
  readonly failures: Failure[];
  readonly figures: Record<string, number>;
}

export async function attackGuests({ size, seed, tell }: Order): Promise<GuestFindings> {
  const plan = plans[size];
  const failures: Failure[] = [];
  const figures: Record<string, number> = {};
  let points = 0;
  const home = createHome();
  const attempt = async (again: string, attack: () => Promise<string>) => {
    points += 1;
    try {
      const what = `guests: ${await attack()}`;
      figures[what] = (figures[what] ?? 0) + 1;
      tell(what);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      failures.push({ what, again: `bun test/campaign/${again}` });
    }
  };
  try {
    for (const name of plan.names) await makeRunning(home, name);
    for (let kill = 0; kill < plan.kills; kill++) {
      const own = seed * 1000 + kill;
      const { state } = await viewOf(home, "web");
      await attempt(
        `outlive/one.ts kill ${own} ${state}`,
        async () => `kill under ${await killUnder(home, seededRandom(own), "web")}`,
      );
    }
    for (let kill = 0; kill < plan.launches; kill++) {
      const own = seed * 1000 + kill;
      await attempt(
        `launch ${own}`,
        async () => `kill under ${await killUnderLaunch(home, seededRandom(own), "late")}`,
      );
    }
    await makeRunning(home, "web");
    await prepareTime(home);
    for (let kill = 0; kill < plan.times; kill++) {
      const own = seed * 1000 + kill;
      await attempt(
        `outlive/one.ts time ${own}`,
        async () => `kill under ${await killUnderTime(home, seededRandom(own), own)}`,
      );
    }
    for (const { name, run } of situations.filter((each) => plan.situations.includes(each.name))) {
      await makeRunning(home, "web");
      await attempt(`outlive/one.ts ${name}`, async () => (await run(home), name));
    }
    const whole = `run.ts ${size === "full" ? "--full " : ""}--seed ${seed} outlive`;
    await attempt(whole, () => leavesNothing(home, plan.names));
  } finally {
    await home.close();
  }
  return { points, failures, figures };
}

/** With every instance purged, the daemon is the only process left, in an empty house. */
async function leavesNothing(home: Home, names: readonly string[]): Promise<string> {
  await home.ok("delete", "--purge", ...names);
  const daemon = await home.daemonPid();
  const left = () => home.processes().filter((pid) => pid !== daemon);
  await until("no process is left when all instances are purged", () => left().length === 0, 10_000);
  return "nothing left behind";
}
