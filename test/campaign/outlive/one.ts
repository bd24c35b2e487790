/** One attack on a real guest, alone: `one.ts SITUATION`, `one.ts kill SEED STATE`, `one.ts launch SEED` or `one.ts time SEED`. */
import { createHome, type Home } from "../../e2e/harness.ts";
import { seededRandom } from "../../simulation/random.ts";
import { launch } from "./guest.ts";
import { killUnder, killUnderLaunch } from "./kills.ts";
import { killUnderTime, prepareTime } from "./time.ts";
import { situations } from "./situations.ts";

const [name, seed, state] = process.argv.slice(2);

async function attack(home: Home): Promise<void> {
  await launch(home, "web");
  const random = seededRandom(Number(seed));
  if (name === "launch") {
    await killUnderLaunch(home, random, "late");
  } else if (name === "time") {
    await prepareTime(home);
    console.log(await killUnderTime(home, random, Number(seed)));
  } else if (name === "kill") {
    await launch(home, "other");
    if (state === "Stopped") await home.ok("stop", "web");
    if (state === "Suspended") await home.ok("suspend", "web");
    await killUnder(home, random, "web");
  } else {
    const situation = situations.find((each) => each.name === name);
    if (!situation) throw new Error(`one of ${situations.map((each) => each.name).join(", ")}, kill, launch, time`);
    await situation.run(home);
  }
}

const home = createHome();
try {
  await attack(home);
  console.log("held");
} finally {
  await home.close();
}
