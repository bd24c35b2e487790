/** What people type for a point, and the names that points may have. */
import { UserError, exitCodes, type Hint } from "../errors.ts";
import { parsePast } from "./past.ts";

export const pointNameMax = 63;
export const commentMax = 500;
const namePattern = /^[A-Za-z](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** Words that mean a point by themselves. */
const reserved: ReadonlySet<string> = new Set(["now", "last"]);

/** The name of a point; throws `point-name-invalid`. */
export function parsePointName(text: string): string {
  if (namePattern.test(text) && text.length <= pointNameMax && !reserved.has(text)) return text;
  throw new UserError("point-name-invalid", `"${text}" is not a name for a snapshot`, {
    exit: exitCodes.usage,
    hints: [
      ...(reserved.has(text) ? [["why", `"${text}" means a point already`] as const] : meantName(text)),
      ["form", `a letter, then letters, digits, dots and hyphens, at most ${pointNameMax} characters`],
    ],
  });
}

/** With what a name may not have taken away, and a letter in front. */
function meantName(text: string): Hint[] {
  const kept = text
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replaceAll(/^[-._]+|[-._]+$/g, "")
    .slice(0, pointNameMax - 2);
  const name = /^\d/.test(kept) ? `p-${kept}` : kept;
  return namePattern.test(name) && !reserved.has(name) ? [["did you mean", name]] : [];
}

/** An instance, a point of its past, and a path in there. */
export interface PointAddress {
  readonly instance: string;
  readonly point?: string;
  readonly path?: string;
}

/** `web`, `web@good`, `web@14:05:/etc/hosts`, `web.snapshot1` (Multipass's habit). Throws `point-invalid`. */
export function parsePointAddress(text: string): PointAddress {
  const [, instance, at, path] = /^([^@.:/]+)(?:[@.](.+?))?(?::(\/.*))?$/s.exec(text) ?? [];
  if (instance !== undefined)
    return { instance, ...(at !== undefined && { point: at }), ...(path !== undefined && { path }) };
  throw new UserError("point-invalid", `"${text}" names no point`, {
    exit: exitCodes.usage,
    hints: [["form", "INSTANCE@POINT, for example web@good, web@2h or web@14:05:/etc/hosts"]],
  });
}

/** How a point is meant. */
export type PointWord =
  | { readonly by: "name"; readonly name: string }
  | { readonly by: "last" }
  | { readonly by: "now" }
  | { readonly by: "operation"; readonly operation: number }
  /** An age or a time, which a clock has to tell. */
  | { readonly by: "time"; readonly text: string };

/** What kind of POINT the word is; nothing is looked up. */
export function readPointWord(word: string): PointWord {
  if (word === "last") return { by: "last" };
  if (word === "now") return { by: "now" };
  const past = parsePast(word);
  if (past && "operation" in past) return { by: "operation", operation: past.operation };
  return past || !/^[A-Za-z]/.test(word) ? { by: "time", text: word } : { by: "name", name: word };
}
