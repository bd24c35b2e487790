/** What is to be done with each instance of another manager. Pure: what was found there, what is here, and which names are wanted. */
import { UserError } from "../errors.ts";
import type { ForeignInstance, ForeignMount, ForeignStore } from "../model/foreign.ts";
import { nearest } from "../model/name.ts";
import type { InstanceView } from "../model/view.ts";
import type { ImportRow } from "../render/import.ts";
import { lineOf } from "../model/shell-line.ts";

/** `names`: those that are wanted; empty: all. Throws `instance-not-found`. */
export function planImport(
  store: ForeignStore,
  here: readonly Pick<InstanceView, "name" | "from" | "state">[],
  names: readonly string[],
): ImportRow[] {
  const known = [...store.instances, ...store.troubles].map(({ name }) => name);
  for (const name of names) if (!known.includes(name)) throw notFound(store, name, known);
  const isWanted = ({ name }: { readonly name: string }) => names.length === 0 || names.includes(name);
  const rows: ImportRow[] = [
    ...store.instances.filter(isWanted).map((found) => rowOf(found, here)),
    ...store.troubles.filter(isWanted).map(({ name, code, message, hints }): ImportRow => {
      const next = hints.find(([label]) => label === "next")?.[1];
      return { name, verdict: "refuse", mounts: [], code, why: message, ...(next !== undefined && { next }) };
    }),
  ];
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function rowOf(found: ForeignInstance, here: readonly Pick<InstanceView, "name" | "from" | "state">[]): ImportRow {
  const { name, from } = found;
  const row = { name, found, mounts: found.mounts.map((mount) => mountLine(name, mount)) };
  const same = here.find(
    (each) => each.from?.manager === from.manager && each.from.name === name && each.from.mac === from.mac,
  );
  if (same) {
    const where = same.state === "Deleted" ? `${same.name}, in the trash` : same.name;
    return { ...row, verdict: "skip", why: `imported already: ${where}` };
  }
  if (!here.some((each) => each.name === name)) return { ...row, verdict: "import" };
  const why = `another instance of strata is called ${name}`;
  return { ...row, verdict: "refuse", code: "instance-exists", why, next: `strata rename ${name} NAME` };
}

const mountLine = (name: string, { source, target }: ForeignMount): string =>
  lineOf(["strata", "mount", source, `${name}:${target}`]);

function notFound({ directory }: ForeignStore, name: string, known: readonly string[]): UserError {
  const close = nearest(name, known);
  return new UserError("instance-not-found", `there is no instance "${name}" in ${directory}`, {
    hints: [
      ...(close === undefined ? [] : [["did you mean", close] as const]),
      ["next", lineOf(["strata", "import", "--from", "multipass", directory, "--dry-run"])],
    ],
  });
}
