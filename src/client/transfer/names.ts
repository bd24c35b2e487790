/** What the other side calls its files is checked before any of it becomes a path. */

const nameBytesMax = 255;

/** Why `name` is not copied; undefined: it is a plain name. */
export function flawOf(name: string): string | undefined {
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) return "a name that leads elsewhere";
  if (name.includes("\uFFFD")) return "its name is no UTF-8";
  return Buffer.byteLength(name) > nameBytesMax ? "its name is longer than names are" : undefined;
}

/** The folder's own names, in each listing. */
export const isDots = (name: string): boolean => name === "." || name === "..";
