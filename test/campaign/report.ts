/** The campaign's report: what a stranger needs to run it again and compare. */
import { cpus, release, totalmem } from "node:os";
import type { Findings, Part, Size } from "./part.ts";

export interface Ran {
  readonly part: Part;
  readonly findings: Findings;
  readonly seconds: number;
}

export interface Run {
  readonly size: Size;
  readonly seed: number;
  readonly commit: string;
  readonly startedAt: Date;
  readonly ran: readonly Ran[];
}

/** Failures shown for a part; their number is always whole. */
const failuresMax = 50;

/** As Markdown. */
export function reportOf({ size, seed, commit, startedAt, ran }: Run): string {
  const failed = ran.reduce((sum, { findings }) => sum + findings.failures.length, 0);
  return [
    "# Campaign",
    "",
    `\`bun test/campaign/run.ts${size === "full" ? " --full" : ""} --seed ${seed}\` at ${commit}, ${startedAt.toISOString()}: ${failed} failures.`,
    `Bun ${Bun.version}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}.`,
    "",
    "| part | points | failures | seconds |",
    "|---|--:|--:|--:|",
    ...ran.map(
      ({ part, findings, seconds }) =>
        `| ${part.name} | ${findings.points} | ${findings.failures.length} | ${seconds.toFixed(0)} |`,
    ),
    ...ran.flatMap(sectionOf),
    "",
  ].join("\n");
}

function sectionOf({ part, findings }: Ran): string[] {
  const { figures, failures } = findings;
  return [
    "",
    `## ${part.name}`,
    "",
    part.what,
    "",
    ...Object.entries(figures).map(([name, value]) => `- ${name}: ${value}`),
    ...failures.slice(0, failuresMax).map(({ what, again }) => `- FAILED: ${what}\n  again: \`${again}\``),
  ];
}
