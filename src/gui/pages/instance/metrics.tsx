/** What the instance uses of processors, memory, disk and network, over the time that is remembered, with operations on the same axis. */
import type { MetricSample } from "../../../model/metrics.ts";
import { formatSize } from "../../../model/size.ts";
import type { InstanceView } from "../../../model/view.ts";
import { CommandLine } from "../../components/command-line.tsx";
import { Empty, Waiting } from "../../components/empty.tsx";
import { Problem } from "../../components/problem.tsx";
import { type ChartMark, Chart } from "../../components/chart.tsx";
import { useStore } from "../../store/store.ts";
import { useAnswer } from "../../store/use.ts";

/** Samples are so far apart while somebody looks. */
const everyMs = 2_000;

type Figure = (sample: MetricSample) => number | undefined;
const rate = (value: number) => `${formatSize(value)}/s`;

export function Metrics({ instance }: { instance: InstanceView }) {
  const { api, nowMs, operations, shown } = useStore();
  const isAsked = !shown.isPast.value;
  const { value, error } = useAnswer(
    async () => (isAsked ? api.call("metrics.read", { instances: [instance.id] }) : { instances: [] }),
    [instance.id, isAsked, Math.floor(nowMs.value / everyMs)],
  );
  if (!isAsked) return <Empty icon="chart-line" title="Metrics are of now: this is the past" />;
  if (error.value !== undefined) return <Problem error={error.value} />;
  if (!value.value) return <Waiting what="metrics" />;
  const [metrics] = value.value.instances;
  const samples = metrics?.samples ?? [];
  if (samples.length === 0) {
    return (
      <Empty icon="chart-line" title={instance.power === "running" ? "Nothing was measured yet" : "It does not run"} />
    );
  }
  const marks: readonly ChartMark[] = operations.rows.value
    .filter((row) => row.instance === instance.name && row.number !== undefined)
    .map(({ time, what }) => ({ atMs: Date.parse(time), title: what }));
  const figure = (title: string, of: Figure, show: (value: number) => string, top?: number) => (
    <Chart
      title={title}
      points={samples.flatMap((sample) => {
        const found = of(sample);
        return found === undefined ? [] : [{ atMs: Date.parse(sample.time), value: found }];
      })}
      marks={marks}
      show={show}
      top={top}
    />
  );
  return (
    <>
      <div class="cards">
        {figure(
          "Processors",
          ({ cpuPercent }) => cpuPercent,
          (value) => `${Math.round(value)} %`,
          (metrics?.cpus ?? 1) * 100,
        )}
        {figure(
          "Memory",
          ({ memoryUsedBytes, residentBytes }) => memoryUsedBytes ?? residentBytes,
          formatSize,
          metrics?.memoryBytes,
        )}
        {figure("Disk, read", ({ diskReadRate }) => diskReadRate, rate)}
        {figure("Disk, written", ({ diskWriteRate }) => diskWriteRate, rate)}
        {figure("Network, in", ({ netInRate }) => netInRate, rate)}
        {figure("Network, out", ({ netOutRate }) => netOutRate, rate)}
      </div>
      <CommandLine line="strata top" />
    </>
  );
}
