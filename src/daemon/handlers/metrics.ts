/** The calls about what instances use: answered from the sampler's memory, made fresh as far as that takes no time. */
import type { Input, Output } from "../../api/contract.ts";
import type { CallHandlers, StreamHandlers } from "../../api/server.ts";
import { viewInstances } from "../../events/projections/instances.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { InstanceMetrics, MetricSample } from "../../model/metrics.ts";
import { self } from "../../sys/self.ts";
import { daemonFamilies, guestFamilies, instanceFamily } from "../metrics/families.ts";
import type { OperationCounts } from "../metrics/operations.ts";
import { prometheusText } from "../metrics/prometheus.ts";
import type { Sampler } from "../metrics/sampler.ts";
import { createQueue } from "../queue.ts";
import { resolveInstance } from "../resolve.ts";
import type { Terminals } from "../terminals/terminals.ts";
import { measureUsage } from "../usage.ts";
import type { Caller, Daemon } from "./context.ts";

/** Of one answer. */
const answerSamplesMax = 20_000;
/** Looks that may wait for a slow follower. */
const followingMax = 100;

export interface Metering {
  readonly sampler: Sampler;
  readonly operations: Pick<OperationCounts, "families">;
}

type MeteringDaemon = Pick<Daemon, "dispatcher" | "clock" | "log" | "config" | "files" | "version">;
type Wanted = Input<"metrics.follow">["instances"];

/** All, or those of these names; throws `instance-not-found`. */
const statesOf = ({ dispatcher }: MeteringDaemon, wanted: Wanted): Promise<InstanceState[]> =>
  dispatcher.read((world) =>
    wanted ? [...new Set(wanted.map((name) => resolveInstance(world, name)))] : [...world.instances.values()],
  );

const metricsOf = ({ id, name, specs, running }: InstanceState, samples: readonly MetricSample[]): InstanceMetrics => ({
  id,
  name,
  ...(running && { startedAt: running.since }),
  cpus: specs.cpus,
  memoryBytes: specs.memory,
  samples: [...samples],
});

const newestOf = (sampler: Sampler, states: readonly InstanceState[]): InstanceMetrics[] =>
  states.filter(({ power }) => power === "running").map((state) => metricsOf(state, sampler.of(state.id).slice(-1)));

export function metricHandlers(
  daemon: MeteringDaemon,
  { sampler, operations }: Metering,
  terminals: Pick<Terminals, "list">,
): Pick<CallHandlers<Caller>, "metrics.read" | "metrics.text"> {
  const { dispatcher, log, config, files, version } = daemon;
  return {
    "metrics.read": async ({ instances: wanted, since = "" }) => {
      const states = await statesOf(daemon, wanted);
      await sampler.look();
      const each = Math.max(1, Math.floor(answerSamplesMax / Math.max(1, states.length)));
      const samplesOf = (id: string) => sampler.of(id).filter(({ time }) => time > since);
      return { instances: states.map((state) => metricsOf(state, samplesOf(state.id).slice(-each))) };
    },
    "metrics.text": async () => {
      await sampler.look();
      const views = await dispatcher.read(viewInstances);
      const states = await statesOf(daemon, undefined);
      const usage = await measureUsage({ directory: config.directory, files, world: dispatcher.world() });
      const numbers = {
        version,
        residentBytes: self.residentBytes(),
        position: log.position(),
        durable: log.durable(),
        terminals: terminals.list(undefined).filter(({ gone }) => !gone).length,
        usage,
      };
      const families = [
        instanceFamily(views),
        ...guestFamilies(newestOf(sampler, states)),
        ...operations.families(),
        ...daemonFamilies(numbers),
      ];
      return { text: prometheusText(families) };
    },
  };
}

export const metricStreams = (
  daemon: MeteringDaemon,
  { sampler }: Metering,
): Pick<StreamHandlers<Caller>, "metrics.follow"> => ({
  "metrics.follow": (input, _caller, signal) => follow(daemon, sampler, input.instances, signal),
});

async function* follow(
  daemon: MeteringDaemon,
  sampler: Sampler,
  wanted: Wanted,
  signal: AbortSignal,
): AsyncGenerator<Output<"metrics.follow">> {
  const ids = wanted && new Set((await statesOf(daemon, wanted)).map(({ id }) => id));
  const queue = createQueue<Output<"metrics.follow">>(followingMax);
  const tell = () => {
    const states = [...daemon.dispatcher.world().instances.values()].filter(({ id }) => !ids || ids.has(id));
    queue.push({ time: daemon.clock.now().toISOString(), instances: newestOf(sampler, states) });
  };
  await sampler.look();
  const stop = sampler.follow(tell);
  try {
    tell();
    yield* queue.items(signal);
  } finally {
    stop();
  }
}
