/** The keys of the page: what they are and what they do, for the list and for the listener. */

export interface KeyRow {
  readonly keys: readonly string[];
  readonly about: string;
  readonly where: "everywhere" | "in a table" | "at an instance" | "in a terminal";
}

export const keyRows: readonly KeyRow[] = [
  { keys: ["Ctrl K"], about: "search, or do anything by its name", where: "everywhere" },
  { keys: ["/"], about: "search on this page", where: "everywhere" },
  { keys: ["n"], about: "launch a new instance", where: "everywhere" },
  { keys: ["u"], about: "undo the last change: shows what it would do first", where: "everywhere" },
  { keys: ["["], about: "one operation back in time", where: "everywhere" },
  { keys: ["]"], about: "one operation on", where: "everywhere" },
  { keys: ["h"], about: "the history; of the instance, at one", where: "everywhere" },
  { keys: ["g"], about: "open and close the operations", where: "everywhere" },
  { keys: ["?"], about: "this list", where: "everywhere" },
  { keys: ["Esc"], about: "close what is open; back to now", where: "everywhere" },
  { keys: ["j", "k", "↓", "↑"], about: "move by a row", where: "in a table" },
  { keys: ["Enter"], about: "open the row", where: "in a table" },
  { keys: ["x"], about: "choose the row; with Shift, all up to it", where: "in a table" },
  { keys: ["s"], about: "start or stop it", where: "at an instance" },
  { keys: ["p"], about: "make a snapshot", where: "at an instance" },
  { keys: ["t"], about: "open its terminal", where: "at an instance" },
  { keys: ["Ctrl Shift Esc"], about: "leave the terminal", where: "in a terminal" },
];

/** `Ctrl+k`, `?`, `Escape`: one word for a key with what was held down. Shift is in the letter already. */
export function keyWord(event: {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}): string {
  const held = [...(event.ctrlKey || event.metaKey ? ["Ctrl"] : []), ...(event.altKey ? ["Alt"] : [])];
  return [...held, held.length > 0 ? event.key.toLowerCase() : event.key].join("+");
}
