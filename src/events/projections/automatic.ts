/** Points that make themselves and go by themselves: history counts them together. */
import type { Recorded } from "../envelope.ts";

/** Of a row that counts them. */
export const automaticType = "auto-points";
/** In one row; an instance that runs all year must not make history read all of it. */
const perRowMax = 100;

/** What a row counts. */
export interface AutomaticRun {
  readonly made: number;
  readonly gone: number;
  /** Name of the newest. */
  readonly point?: string;
}

const noRun: AutomaticRun = { made: 0, gone: 0 };

/** A point that the daemon made by itself, or thinned; what its user asked for has a row of its own. */
export function isAutomatic({ type, by, data }: Recorded): boolean {
  if (type === "instance.point-removed") return data["why"] !== "expired";
  return type === "instance.snapshot-requested" && by.kind === "daemon";
}

/** Has the row room for another? */
export const hasRoom = ({ made, gone }: AutomaticRun): boolean => made + gone < perRowMax;

/** With an older record. */
export function countAutomatic({ made, gone, point }: AutomaticRun = noRun, record: Recorded): AutomaticRun {
  if (record.type === "instance.point-removed") return { made, gone: gone + 1, ...(point !== undefined && { point }) };
  const { name } = record.data["wanted"] as { name: string };
  return { made: made + 1, gone, point: point ?? name };
}

/** `automatic points of web: 3 made, 2 gone` */
export function automaticWords({ made, gone }: AutomaticRun, instance: string | undefined): string {
  const counts = [...(made > 0 ? [`${made} made`] : []), ...(gone > 0 ? [`${gone} gone`] : [])];
  return `automatic points${instance === undefined ? "" : ` of ${instance}`}: ${counts.join(", ")}`;
}
