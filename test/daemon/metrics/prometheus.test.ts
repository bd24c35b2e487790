/** The text format against the client library of Prometheus's own project. */
import { expect, test } from "bun:test";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { addTo, type Family, histogramSamples, prometheusText } from "../../../src/daemon/metrics/prometheus.ts";

/** Blank lines mean nothing in the format. */
const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");

test("gauges, counters and a histogram are said as the library says them, odd labels and values too", async () => {
  const registry = new Registry();
  const registers = [registry];
  const odd = { instance: 'a\\b"c\nd', id: "ü" };
  const gauge = new Gauge({ name: "g", help: "back\\slash and\nline", labelNames: ["instance", "id"], registers });
  gauge.set(odd, 1.5);
  gauge.set({ instance: "inf", id: "" }, Number.POSITIVE_INFINITY);
  gauge.set({ instance: "big", id: "" }, 2 ** 60);
  const counter = new Counter({ name: "c_total", help: "plain", registers });
  counter.inc(7);
  const bounds = [0.1, 1, 10];
  const values = [0.05, 0.1, 0.5, 3, 99];
  const histogram = new Histogram({ name: "h_seconds", help: "h", labelNames: ["verb"], buckets: bounds, registers });
  const distribution = { counts: [0, 0, 0, 0], sum: 0 };
  for (const value of values) {
    histogram.observe({ verb: "launch" }, value);
    addTo(distribution, bounds, value);
  }
  const families: Family[] = [
    {
      name: "g",
      help: "back\\slash and\nline",
      type: "gauge",
      samples: [
        { labels: odd, value: 1.5 },
        { labels: { instance: "inf", id: "" }, value: Number.POSITIVE_INFINITY },
        { labels: { instance: "big", id: "" }, value: 2 ** 60 },
      ],
    },
    { name: "c_total", help: "plain", type: "counter", samples: [{ value: 7 }] },
    {
      name: "h_seconds",
      help: "h",
      type: "histogram",
      samples: histogramSamples({ verb: "launch" }, bounds, distribution),
    },
  ];
  const reference = linesOf(await registry.metrics()).map(withSortedLabels);
  expect(linesOf(prometheusText(families)).map(withSortedLabels)).toEqual(reference);
});

/** The order of labels means nothing either. */
function withSortedLabels(line: string): string {
  return line.replace(
    /\{(.*)\}/,
    (_, labels: string) => `{${[...labels.matchAll(/\w+="(?:[^"\\]|\\.)*"/g)].map(String).toSorted().join(",")}}`,
  );
}

test("what is no number is said as the format's description has it, which the library does not", () => {
  const samples = [{ value: Number.NaN }, { value: Number.NEGATIVE_INFINITY }];
  expect(linesOf(prometheusText([{ name: "a", help: "b", type: "gauge", samples }])).slice(2)).toEqual([
    "a NaN",
    "a -Inf",
  ]);
});

test("every line ends, and nothing is no text", () => {
  expect(prometheusText([])).toBe("");
  expect(prometheusText([{ name: "a", help: "b", type: "gauge", samples: [] }])).toBe("# HELP a b\n# TYPE a gauge\n");
});
