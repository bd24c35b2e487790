/** Prometheus's text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). Pure. */

export interface Sample {
  /** Behind the family's name: of a histogram. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly samples: readonly Sample[];
}

/** What an answer with it says it is. */
export const prometheusType = "text/plain; version=0.0.4; charset=utf-8";

export const prometheusText = (families: readonly Family[]): string => families.map(familyText).join("\n");

function familyText({ name, help, type, samples }: Family): string {
  const lines = samples.map(
    ({ suffix = "", labels = {}, value }) => `${name}${suffix}${labelText(labels)} ${numberText(value)}`,
  );
  return [`# HELP ${name} ${escapeLine(help)}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLine(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escapeLine = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

/** A histogram's samples: how many were at most each of the bounds, all together, and how many there are. */
export function histogramSamples(
  labels: Readonly<Record<string, string>>,
  bounds: readonly number[],
  { counts, sum }: Distribution,
): Sample[] {
  const upTo = counts.map((_, index) => counts.slice(0, index + 1).reduce((all, count) => all + count, 0));
  const total = upTo.at(-1) ?? 0;
  return [
    ...bounds.map((bound, index): Sample => ({
      suffix: "_bucket",
      labels: { ...labels, le: String(bound) },
      value: upTo[index] ?? 0,
    })),
    { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: total },
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: total },
  ];
}

/** Values by the first bound that is not below them, the last place for those above all; and their sum. */
export interface Distribution {
  readonly counts: number[];
  sum: number;
}

export function addTo(distribution: Distribution, bounds: readonly number[], value: number): void {
  const found = bounds.findIndex((bound) => value <= bound);
  const place = found < 0 ? bounds.length : found;
  distribution.counts[place] = (distribution.counts[place] ?? 0) + 1;
  distribution.sum += value;
}
