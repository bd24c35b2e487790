/** Changes of settings: what was typed beside what is there, and the calls and lines they become. */
import { lineOf } from "../../model/shell-line.ts";

export interface Row {
  readonly key: string;
  readonly value: string;
}

/** A key whose typed value is another one. */
export interface Edit {
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

/** In the order of the rows. What was typed for keys that are gone does not count. */
export const editsOf = (rows: readonly Row[], typed: Readonly<Record<string, string>>): readonly Edit[] =>
  rows.flatMap(({ key, value }) => {
    const after = typed[key]?.trim();
    return after === undefined || after === value ? [] : [{ key, before: value, after }];
  });

export const linesOf = (edits: readonly Edit[]): readonly string[] =>
  edits.map(({ key, after }) => lineOf(["strata", "set", `${key}=${after}`]));

/** `local.web.cpus` of `web`: `cpus`; undefined for keys of others. */
export function keyOfInstance(key: string, name: string): string | undefined {
  const prefix = `local.${name}.`;
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
}

/** Keys of the daemon itself. */
export const isOwn = ({ key }: Row): boolean => !key.startsWith("local.");
