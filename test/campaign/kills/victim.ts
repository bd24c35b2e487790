/** The process that is killed: one life of a scenario, or one recovery. */
import { scenarioNamed } from "./scenarios/index.ts";
import { attack, type Order, recover } from "./stage.ts";

async function live({ scenario, seed, root, stage }: Order): Promise<void> {
  if (stage === "attacked") await attack(scenarioNamed(scenario), seed, root);
  else await (await recover(scenarioNamed(scenario), seed, root)).close();
}

// No await at the top: bytecode starts faster, and does not know it.
void live(JSON.parse(process.argv[2] ?? "") as Order).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
