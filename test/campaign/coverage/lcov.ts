/** What a run's lcov file says of lines that no test has entered. */

export interface Uncovered {
  readonly path: string;
  readonly lines: readonly number[];
}

export interface Coverage {
  /** Lines that can be run, of all wanted files. */
  readonly lines: number;
  readonly files: ReadonlySet<string>;
  readonly uncovered: readonly Uncovered[];
}

/** Reads the text of an lcov file (`man geninfo`): `SF:` begins a file, `DA:line,times` tells of a line. */
export function coverageOf(lcov: string, isWanted: (path: string) => boolean): Coverage {
  const files = new Set<string>();
  const uncovered: Uncovered[] = [];
  let lines = 0;
  for (const section of lcov.split("end_of_record")) {
    const path = /^SF:(.*)$/m.exec(section)?.[1];
    if (path === undefined || !isWanted(path)) continue;
    files.add(path);
    const told = [...section.matchAll(/^DA:(\d+),(\d+)/gm)];
    lines += told.length;
    const missing = told.flatMap(([, line, times]) => (times === "0" ? [Number(line)] : []));
    if (missing.length > 0) uncovered.push({ path, lines: missing });
  }
  return { lines, files, uncovered };
}
