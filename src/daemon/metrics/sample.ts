/** From counters to a sample: what was used since the one before. Pure. */
import type { Counters } from "../../drivers/metrics.ts";
import type { Inside } from "../../guest/meter.ts";
import type { MetricSample } from "../../model/metrics.ts";

export type Reading = Counters & Inside;

/** A gap that is longer is not bridged: an average over an hour is no rate. */
const gapMsMax = 60_000;

const rates = [
  ["diskReadBytes", "diskReadRate"],
  ["diskWrittenBytes", "diskWriteRate"],
  ["netInBytes", "netInRate"],
  ["netOutBytes", "netOutRate"],
] as const;

/** `before`: the last sample of the same machine. A counter that went back, since its guest began anew, has no rate. */
export function sampleOf(time: string, reading: Reading, before: MetricSample | undefined): MetricSample {
  const passedMs = before ? Date.parse(time) - Date.parse(before.time) : 0;
  const growth = (key: "cpuSeconds" | (typeof rates)[number][0]): number | undefined => {
    const [then, now] = [before?.[key], reading[key]];
    if (then === undefined || now === undefined || now < then) return undefined;
    return passedMs > 0 && passedMs <= gapMsMax ? (now - then) / (passedMs / 1_000) : undefined;
  };
  const cpu = growth("cpuSeconds");
  const found = rates.flatMap(([key, rate]) => {
    const value = growth(key);
    return value === undefined ? [] : [[rate, Math.round(value)] as const];
  });
  return {
    time,
    ...reading,
    ...(cpu !== undefined && { cpuPercent: Math.round(cpu * 1_000) / 10 }),
    ...Object.fromEntries(found),
  };
}
