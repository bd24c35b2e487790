/** Durations in milliseconds: parsed from `30s`, `5m`, `2h`, `3d`; printed for people. */
import { UserError, exitCodes } from "../errors.ts";
import type { Hint } from "../errors.ts";

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `text` (a bare number counts seconds). Throws `duration-invalid`. */
export function parseDuration(text: string, what: string): number {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/.exec(text.trim()) ?? [];
  const ms = Number(amount) * (unitMs[unit ?? "s"] ?? Number.NaN);
  if (Number.isFinite(ms)) return ms;
  throw new UserError("duration-invalid", `${what} "${text}" is not a duration`, {
    exit: exitCodes.usage,
    hints: [...meant(text), ["form", "a number with s, m, h or d, for example 30s or 2h"]],
  });
}

/** `90sec`, `2 hours`, `5min`: the unit by its first letter. */
function meant(text: string): Hint[] {
  const [, amount, unit] = /^\s*(\d{1,9})\s*([smhd])[a-z]*\s*$/i.exec(text) ?? [];
  return amount === undefined || unit === undefined ? [] : [["did you mean", amount + unit.toLowerCase()]];
}

/** `16 ms`, `0.6 s`, `48.0 s`, `1 min 19 s`, `2 h 5 min`, `3 d`. */
export function formatDuration(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return withRest(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return withRest(Math.floor(minutes / 60), "h", minutes % 60, "min");
  return withRest(Math.floor(minutes / 1440), "d", Math.floor((minutes % 1440) / 60), "h");
}

const withRest = (whole: number, unit: string, rest: number, restUnit: string): string =>
  rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${restUnit}`;
