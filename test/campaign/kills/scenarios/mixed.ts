/** Anything after anything, by seed: as many scenarios as there are seeds. */
import type { Random } from "../../../simulation/random.ts";
import type { Life } from "../life.ts";
import { all, launch, launched, repeat, type Scenario, setKeep } from "./scenario.ts";

const names = ["web", "db", "site"];

/** Each is sent whether or not it is allowed now: a refusal is an answer too. */
const choices: readonly ((life: Life, random: Random, instance: string) => Promise<unknown>)[] = [
  (life, random, name) =>
    launch(life, name, random.chance(0.5) ? { cloudInit: `#cloud-config\nruncmd: [echo ${random.below(99)}]\n` } : {}),
  (life, _random, instance) => life.call("instance.start", { instance }),
  (life, random, instance) => life.call("instance.stop", { instance, force: random.chance(0.5) }),
  (life, random, instance) => life.call("instance.restart", { instance, force: random.chance(0.5) }),
  (life, _random, instance) => life.call("instance.suspend", { instance }),
  (life, random, instance) => life.call("instance.delete", { instance, purge: random.chance(0.5) }),
  (life, _random, instance) => life.call("instance.recover", { instance }),
  (life, _random, instance) => life.call("instance.purge", { instance }),
  (life, random, instance) => life.call("instance.rename", { instance, name: names[random.below(3)] }),
  (life, random, instance) =>
    life.call("settings.set", { key: `local.${instance}.cpus`, value: `${1 + random.below(4)}` }),
  (life, random, instance) =>
    life.call("settings.set", { key: `local.${instance}.disk`, value: `${6 + random.below(6)}G` }),
  (life, random) => setKeep(life, 1 + random.below(99)),
  (life, random) => life.upload("own", Buffer.alloc(1 + random.below(9_000), `${random.below(3)}`)),
  (life, random) => life.call("image.remove", { image: random.chance(0.5) ? "own" : "tiny" }),
  (life) => life.call("audit.seal", {}),
];

async function actions(life: Life, random: Random): Promise<void> {
  await repeat(3 + random.below(5), async () => {
    const choice = choices[random.below(choices.length)];
    const work = choice?.(life, random, names[random.below(names.length)] ?? "web");
    // Who does not wait meets what is under way.
    if (random.chance(0.6)) await work;
    if (random.chance(0.4)) await life.idle();
  });
  await life.idle();
}

export const mixedScenarios: readonly Scenario[] = [
  { name: "mixed", before: launched("web"), act: actions },
  { name: "mixed-rolls", before: launched("web"), act: actions, segmentBytes: 6_000 },
  { name: "mixed-start", before: all(launched("web"), actions), act: actions, isStartAttacked: true },
  { name: "mixed-reboot", before: launched("web", "db"), act: actions, isHostRebooted: true, isStartAttacked: true },
];
