/** What is told to Prometheus: instances, what they use, and the daemon. One series per instance and number, never one per operation. */
import type { InstanceMetrics, MetricSample } from "../../model/metrics.ts";
import type { Usage } from "../../model/usage.ts";
import type { InstanceView } from "../../model/view.ts";
import type { Family } from "./prometheus.ts";

type Kind = readonly [key: keyof Omit<MetricSample, "time">, name: string, type: Family["type"], help: string];

const perInstance: readonly Kind[] = [
  [
    "cpuSeconds",
    "strata_guest_cpu_seconds_total",
    "counter",
    "Processor time of an instance's machine with its hypervisor.",
  ],
  ["memoryUsedBytes", "strata_guest_memory_used_bytes", "gauge", "Memory that the guest cannot give to more programs."],
  ["residentBytes", "strata_guest_resident_bytes", "gauge", "What an instance's machine has of the host's memory."],
  ["diskReadBytes", "strata_guest_disk_read_bytes_total", "counter", "Read by the guest from its disk."],
  ["diskWrittenBytes", "strata_guest_disk_written_bytes_total", "counter", "Written by the guest to its disk."],
  ["netInBytes", "strata_guest_network_receive_bytes_total", "counter", "Received by the guest's network cards."],
  ["netOutBytes", "strata_guest_network_transmit_bytes_total", "counter", "Sent by the guest's network cards."],
];

/** Not `instance`: Prometheus calls what it asks that, and would rename ours. */
const labelsOf = ({ id, name }: Pick<InstanceMetrics, "id" | "name">) => ({ name, id });

/** Of those that run: their limits, and their newest samples as far as these tell. */
export function guestFamilies(running: readonly InstanceMetrics[]): Family[] {
  const found = perInstance.map(([key, name, type, help]): Family => ({
    name,
    type,
    help,
    samples: running.flatMap((each) => {
      const value = each.samples.at(-1)?.[key];
      return value === undefined ? [] : [{ labels: labelsOf(each), value }];
    }),
  }));
  const limit: Family = {
    name: "strata_guest_memory_bytes",
    type: "gauge",
    help: "Memory that an instance was given.",
    samples: running.map((each) => ({ labels: labelsOf(each), value: each.memoryBytes })),
  };
  return [...found, limit];
}

/** How many instances there are in each state. */
export function instanceFamily(instances: readonly Pick<InstanceView, "power" | "health">[]): Family {
  const counts = new Map<string, { readonly labels: { power: string; health: string }; value: number }>();
  for (const { power, health } of instances) {
    const key = `${power} ${health}`;
    const counted = counts.get(key) ?? { labels: { power, health }, value: 0 };
    counted.value += 1;
    counts.set(key, counted);
  }
  return {
    name: "strata_instances",
    help: "Instances, by what their machine does and how the guest is.",
    type: "gauge",
    samples: [...counts.values()],
  };
}

const gauge = (name: string, help: string, value: number): Family => ({
  name,
  help,
  type: "gauge",
  samples: [{ value }],
});

export interface DaemonNumbers {
  readonly version: string;
  readonly residentBytes: number;
  readonly position: number;
  readonly durable: number;
  readonly terminals: number;
  readonly usage: Pick<Usage, "parts" | "freeBytes">;
}

export function daemonFamilies({
  version,
  residentBytes,
  position,
  durable,
  terminals,
  usage,
}: DaemonNumbers): Family[] {
  return [
    { ...gauge("strata_build_info", "The daemon's version.", 1), samples: [{ labels: { version }, value: 1 }] },
    gauge("strata_daemon_rss_bytes", "What the daemon has of the host's memory.", residentBytes),
    gauge("strata_log_position", "Position of the newest event.", position),
    gauge("strata_log_durable_lag", "Events that are not on stable storage yet.", position - durable),
    gauge("strata_terminals", "Terminals that are kept.", terminals),
    {
      name: "strata_disk_bytes",
      help: "Disk space of the data directory, by what it is for.",
      type: "gauge",
      samples: usage.parts.map(({ kind, bytes }) => ({ labels: { kind }, value: bytes })),
    },
    gauge("strata_disk_free_bytes", "Free space of the data directory's file system.", usage.freeBytes),
  ];
}
