/** Real guests, and the compiled daemon killed at any moment of a command, while its client looks on. */
import type { Home } from "../../e2e/harness.ts";
import type { Random } from "../../simulation/random.ts";
import { bootOf, expectThat, isAlive, killDaemon, launch, listed, qemuPid, settled, viewOf } from "./guest.ts";

/** The longest from a command to the kill: a launch takes some ten seconds, a stop two. */
const killMsMax = 4_000;

/** What may be asked of an instance, by its state, and how it then is. */
const moves: Readonly<Record<string, readonly (readonly [verb: string, after: string])[]>> = {
  Running: [
    ["suspend", "Suspended"],
    ["stop", "Stopped"],
    ["restart", "Running"],
  ],
  Suspended: [
    ["start", "Running"],
    ["stop", "Stopped"],
  ],
  Stopped: [["start", "Running"]],
};

/** One command to `target`, one kill under it, and what must hold then. Throws what does not. */
export async function killUnder(home: Home, random: Random, target: string): Promise<string> {
  const before = await listed(home);
  const still = before.filter(({ name, state }) => name !== target && state === "Running");
  const pids = await Promise.all(still.map(({ name }) => qemuPid(home, name)));
  const boots = await Promise.all(still.map(({ name }) => bootOf(home, name)));
  const { state } = await viewOf(home, target);
  const choices = moves[state] ?? [];
  const [verb, after] = choices[random.below(choices.length)] ?? ["list", state];
  const child = home.start([verb, target]);
  await Bun.sleep(random.below(killMsMax));
  await killDaemon(home);
  const [code, said] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  expectThat(code === 0, `${verb} ${target} under a kill: exit ${code}\n${said}`);
  const found = await settled(home, target);
  expectThat(found?.state === after, `${verb} ${target} under a kill leaves it ${found?.state ?? "gone"}`);
  for (const [index, { name }] of still.entries()) {
    expectThat(isAlive(pids[index] ?? 0), `${name}'s process ended under a kill`);
    expectThat((await qemuPid(home, name)) === pids[index], `${name} has another process after a kill`);
    expectThat((await bootOf(home, name)) === boots[index], `${name} was started again after a kill`);
  }
  return verb;
}

/** A launch that loses its daemon on the way ends well all the same. */
export async function killUnderLaunch(home: Home, random: Random, name: string): Promise<string> {
  const child = home.start(["launch", "tiny", "--name", name, "--memory", "128M"]);
  await Bun.sleep(random.below(2 * killMsMax));
  await killDaemon(home);
  const [code, said] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  expectThat(code === 0, `launch ${name} under a kill: exit ${code}\n${said}`);
  expectThat((await settled(home, name))?.state === "Running", `launch ${name} under a kill leaves it not Running`);
  await home.ok("delete", "--purge", name);
  return "launch";
}

/** Starts what a former kill or situation left off. */
export async function makeRunning(home: Home, name: string): Promise<void> {
  const view = (await listed(home)).find((each) => each.name === name);
  if (!view) await launch(home, name);
  else if (view.state !== "Running") await home.ok("start", name);
}
