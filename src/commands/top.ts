/** `strata top`: what running instances use, live on a terminal, once elsewhere. */
import type { InstanceMetrics } from "../model/metrics.ts";
import { exitCodes } from "../errors.ts";
import { topView } from "../render/top.ts";
import { wantsData } from "./change.ts";
import { defineVerb, flag } from "./command.ts";
import type { Context } from "./context.ts";

/** A rate of now needs two looks; where none comes, what there is has to do. */
const onceMs = 5_000;
const looksMin = 2;
const looksMax = 3;

export const top = defineVerb({
  name: "top",
  aliases: ["stats"],
  group: "instances",
  summary: "Show what running instances use",
  about: [
    "Sorted by processor time: 100 is one processor of the host, with what the hypervisor needs. MEMORY is what the guest cannot give to more programs, of what it was given. READ, WRITE, IN and OUT are bytes per second of its disk and network. What a guest or the host does not tell is a dash.",
    "On a terminal the table is drawn again every 2 s until q or Ctrl-C. Into a pipe or file, with --once, and in another format, it comes once, after the 2 s that rates take.",
  ],
  arguments: [
    { name: "INSTANCE", about: "names of instances (all that run)", required: false, many: true, completes: "running" },
  ],
  options: { once: flag("one table, then the end") },
  examples: [
    { line: "strata top", about: "all that run, until q" },
    { line: "strata top --once web", about: "that one, once" },
    { line: "strata top --json", about: "for a program" },
  ],
  async run(context, { words, options }) {
    const instances = words.length === 0 ? {} : { instances: [...words] };
    if (context.stdout.isTerminal && !options.once && !wantsData(options)) return live(context, instances);
    const found = await once(context, instances);
    if (found.length === 0 && !wantsData(options)) context.say("No instance runs.");
    await context.show(topView(found), options);
    return exitCodes.ok;
  },
});

type Wanted = { readonly instances?: string[] };

const hasRates = ({ samples }: InstanceMetrics) => samples.at(-1)?.cpuPercent !== undefined;

async function once({ api, clock }: Context, wanted: Wanted): Promise<readonly InstanceMetrics[]> {
  const late = new AbortController();
  const limit = clock.sleep(onceMs).then(() => late.abort());
  let last: readonly InstanceMetrics[] = [];
  let looks = 0;
  const watch = async () => {
    for await (const { instances } of api.stream("metrics.follow", wanted, late.signal)) {
      last = instances;
      looks += 1;
      if (instances.length === 0 || looks >= looksMax) break;
      if (looks >= looksMin && instances.every(hasRates)) break;
    }
  };
  await Promise.race([watch(), limit]);
  return last;
}

async function live(context: Context, wanted: Wanted): Promise<number> {
  // A name that does not exist is told before the screen is taken.
  await context.api.call("metrics.read", wanted);
  const screen = await context.screen();
  try {
    for await (const { instances } of context.api.stream("metrics.follow", wanted, screen.left)) {
      const table = await context.text(topView(instances), { json: false, quiet: false });
      screen.draw(`${instances.length} running   q leaves\n\n${table}`);
    }
  } catch (error) {
    if (!screen.left.aborted) throw error;
  } finally {
    screen.close();
  }
  return exitCodes.ok;
}
