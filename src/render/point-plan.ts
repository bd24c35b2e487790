/** What a restore or a fork would do. */
import { formatDuration } from "../model/duration.ts";
import type { MeasuredPlan } from "../model/point-plan.ts";
import { formatSize } from "../model/size.ts";
import type { Page, View } from "./view.ts";

type Row = readonly [key: string, text: string];

export function pointPlanView(what: "restore" | "fork", instance: string, plan: MeasuredPlan): View {
  const { point, ...rest } = plan;
  const about = { what, instance, point: point.name, ...rest };
  const rows = rowsOf(what, instance, plan);
  return {
    document: { schema: 1, ...about },
    records: [about],
    csv: { header: ["key", "text"], rows: rows(undefined).map((row) => [...row]) },
    names: [`${instance}@${point.name}`],
    table: (page) =>
      rows(page)
        .map(([key, text]) => `${key.padEnd(11)} ${text}`)
        .join("\n"),
  };
}

/** `page`: for what is told from now. */
function rowsOf(what: "restore" | "fork", instance: string, plan: MeasuredPlan): (page: Page | undefined) => Row[] {
  const { point, name, changes, branch, lost, lastMs } = plan;
  const made = (page: Page | undefined) => (page ? page.localTime(point.madeAt) : point.madeAt);
  return (page) => [
    [
      what,
      `${instance}@${point.name}${name === undefined ? "" : ` as ${name}`}, made ${made(page)} by operation ${point.operation}`,
    ],
    ["machine", machineOf(plan)],
    ...changes.map(({ key, before, after }): Row => [key, `${before} -> ${after}`]),
    ...(branch ? [["kept", keptOf(instance, plan)] as const] : []),
    ...lost.map((line): Row => [what === "fork" ? "not taken" : "not undone", line]),
    ...(lastMs === undefined ? [] : [["took", `${formatDuration(lastMs)} the last time`] as const]),
  ];
}

const endings = {
  off: "stays off",
  boots: "boots",
  "goes on": "goes on where its memory was, no boot",
} as const;

const machineOf = ({ stops, ending }: MeasuredPlan): string => `${stops ? "is stopped, and " : ""}${endings[ending]}`;

function keptOf(instance: string, { branch, branchBytes }: MeasuredPlan): string {
  const size = branchBytes === undefined ? "" : `, ${formatSize(branchBytes)}`;
  return `${instance}@${branch?.name}: the state until now${size}${branch?.hasMemory ? " and its memory" : ""}`;
}
