/** Sizes in the reference's syntax: a unit K, M or G (with `B` or `iB`), always of 1024; a decimal only with a unit. */

const unitBytes: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const sizePattern = /^\s*(?:(\d+)\s*B?|(\d+(?:\.\d+)?)\s*([KMG])(?:i?B)?)\s*$/i;

/** Bytes; undefined: it is no size. */
export function readSize(text: string): number | undefined {
  const [, whole, amount = whole, unit = ""] = sizePattern.exec(text) ?? [];
  const bytes = Math.floor(Number(amount) * (unitBytes[unit.toUpperCase()] ?? Number.NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** What is said of a text that is no size. */
export const noSize = (text: string): string =>
  `${text} is not a valid memory size - need a non-negative integer (in base 10) or a decimal followed by K, M, or G (e.g. 1234B, 42MiB, 0.5G)`;

/** `1GiB`, `1.5GiB`, `512MiB`, `97B`: one decimal, unless that is zero. */
export function humanSize(bytes: number): string {
  const unit = ["G", "M", "K"].find((each) => bytes >= (unitBytes[each] ?? 1));
  if (unit === undefined) return `${bytes}B`;
  return `${Number((bytes / (unitBytes[unit] ?? 1)).toFixed(1))}${unit}iB`;
}
