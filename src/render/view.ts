/** What a noun says in every format: one document, its rows, and how people read it. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

/** What the place of printing is like. Everything that depends on the machine comes in here. */
export interface Page {
  /** Columns of the terminal; undefined: a pipe or file, where nothing is cut. */
  readonly columns: number | undefined;
  readonly color: boolean;
  /** A recorded time (ISO 8601) in the reader's time zone: the time alone for today, else with its date. */
  localTime(time: string): string;
  /** Cells that a text takes on a terminal. */
  width(text: string): number;
  /** Milliseconds from `time` until now. */
  age(time: string): number;
}

export interface View {
  /** json and yaml print this. */
  readonly document: JsonObject | readonly Json[];
  /** ndjson prints a line for each. */
  readonly records: readonly Json[];
  /** csv: a header and cells that programs read (full times, bytes). */
  readonly csv: { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** --quiet prints these, a line each. */
  readonly names: readonly string[];
  /** For people; without the last line's end. */
  table(page: Page): string;
}
