/** What an attack on strata is: one part of the campaign, run as a sample by `npm test` and in full by `bun test/campaign/run.ts`. */

export type Size = "sample" | "full";

export interface Order {
  readonly size: Size;
  /** Same seed, same size: the same points in the same order. */
  readonly seed: number;
  /** How far it is, for a person who watches; a line without its end. */
  readonly tell: (progress: string) => void;
}

export interface Failure {
  /** What was attacked and what went wrong, in one line. */
  readonly what: string;
  /** The one command that makes exactly this happen again. */
  readonly again: string;
}

export interface Findings {
  /** Attacks that were carried out and judged. */
  readonly points: number;
  readonly failures: readonly Failure[];
  /** What else a reader wants to know: counts by kind, acknowledged events, memory; name -> value with its unit. */
  readonly figures: Readonly<Record<string, string | number>>;
}

export interface Part {
  /** One word, as it is typed after `run.ts`. */
  readonly name: string;
  /** One sentence: what is attacked, how, and what must hold. */
  readonly what: string;
  /** Rejects only when the attack could not be made; what it found wrong are `failures`. Leaves nothing behind. */
  run(order: Order): Promise<Findings>;
}
