/** What one freeze of a running machine works on, and the layer that its disk goes on in. */
import type { FreezePlan } from "../driver.ts";
import { layersFolder, openLayer } from "./disk.ts";
import { noteTop } from "./disk-note.ts";
import type { Life, Running } from "./life.ts";
import type { Qmp } from "./qmp.ts";
import type { Freezing, LiveRecord } from "./run-record.ts";
import { makeTop } from "./tops.ts";

export interface Work {
  readonly life: Life;
  readonly qmp: Qmp;
  readonly plan: FreezePlan;
  readonly running: Running;
  readonly record: LiveRecord & { readonly freezing: Freezing };
}

/** The new layer stands open beside the old one. */
export async function prepareLayer({ life, qmp, plan, running }: Work, signal: AbortSignal): Promise<void> {
  const { context, paths } = life;
  const { layer, next, bytes, ordinal } = plan;
  await makeTop(context, { layer: next, parent: layer, bytes, ordinal }, signal);
  await noteTop(context, paths, { layer: next, parent: layer });
  await openLayer(qmp, layersFolder(context.processes, running.identity), next);
}
