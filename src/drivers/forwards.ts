/** What a driver offers that can lead ports of the host into its machines. */
import type { Forward } from "../model/forward.ts";

export interface ForwardPlan {
  /** The guest's own address. */
  readonly address: string;
  /** All that are to be there; `host` 0 leaves the choice of the port to the driver. */
  readonly forwards: readonly Forward[];
}

/** The port that was opened, or that it could not be: in the driver's words. */
export type Opened = { readonly port: number } | { readonly refused: string };

export interface ForwardSupport {
  /**
   * Gives a machine that runs these forwards and no others; the one that its SSH is reached by is not among them. There already:
   * confirms, and what goes through it is not disturbed. Answers in the order of the plan. Throws `machine-not-running`.
   */
  apply(id: string, plan: ForwardPlan, signal: AbortSignal): Promise<readonly Opened[]>;
}
