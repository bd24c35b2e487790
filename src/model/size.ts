/** Sizes in bytes: parsed from `1G`, `512M`, `1.5GiB`; printed in the largest binary unit. */
import { UserError, exitCodes } from "../errors.ts";
import type { Hint } from "../errors.ts";

const unitBytes: Record<string, number> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const sizePattern = /^(\d{1,15}(?:\.\d{1,6})?)([KMGT]?)(?:i?B)?$/i;

/** Bytes of `text`; `what` names the value in the error ("memory", "disk"). Throws `size-invalid`. */
export function parseSize(text: string, what: string): number {
  const [, amount, unit] = sizePattern.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(amount) * (unitBytes[(unit ?? "").toUpperCase()] ?? Number.NaN));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new UserError("size-invalid", `${what} size "${text}" is not valid`, {
    exit: exitCodes.usage,
    hints: [...meant(text), ["form", "a number with K, M, G or T, for example 512M or 1.5G"]],
  });
}

/** A number with a unit that is none: with one that is. */
function meant(text: string): Hint[] {
  const [, amount, unit = ""] = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)/i.exec(text) ?? [];
  if (amount === undefined) return [];
  const first = unit.charAt(0).toUpperCase();
  return [["did you mean", amount + ("KMGT".includes(first) && first !== "" ? first : "G")]];
}

/** `1.5G`, `512M`, `22.1M`, `97`: at most one decimal, no trailing zero. */
export function formatSize(bytes: number): string {
  const units = ["", "K", "M", "G", "T"];
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${Number(value.toFixed(1))}${units[step]}`;
}
