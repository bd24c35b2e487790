/** Labels of an instance: keys and values of the user's own, to find and name groups of instances by. */
import { UserError, exitCodes } from "../errors.ts";

export type Labels = Readonly<Record<string, string>>;

export const labelsMax = 32;
export const labelValueMax = 253;
/** At most 63 characters. */
export const labelKeyPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;
/** Nothing that moves a cursor or hides what follows. */
export const labelValuePattern = /^\P{C}+$/u;

const keyForm = "letters, digits, '.', '_', '/' and '-', a letter or digit first and last, at most 63 characters";
const valueForm = `1 to ${labelValueMax} characters that can be seen`;

/** Throws `label-invalid`. An empty value is none: it takes a label away where that is possible. */
export function checkLabel(key: string, value: string): void {
  if (!labelKeyPattern.test(key)) throw invalid(`"${key}" is no key of a label`, keyForm);
  if (value.length <= labelValueMax && labelValuePattern.test(value)) return;
  throw invalid(`the label ${key} cannot have ${value === "" ? "an empty value" : "that value"}`, valueForm);
}

/** `KEY=VALUE`. Throws `label-invalid`. */
export function parseLabel(text: string): readonly [key: string, value: string] {
  const at = text.indexOf("=");
  if (at < 0) throw invalid(`"${text}" is no label`, "KEY=VALUE");
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  checkLabel(key, value);
  return [key, value];
}

/** The value; undefined when there is no such label. Own keys only: `constructor` is in every object. */
export const labelOf = (labels: Labels | undefined, key: string): string | undefined =>
  labels && Object.hasOwn(labels, key) ? labels[key] : undefined;

/** Pairs as labels; of one key given twice, the last counts. Throws `labels-too-many`. */
export function labelsOf(pairs: readonly (readonly [key: string, value: string])[]): Labels {
  const labels = Object.fromEntries(pairs);
  if (Object.keys(labels).length > labelsMax) throw tooManyLabels();
  return labels;
}

export const tooManyLabels = (): UserError =>
  new UserError("labels-too-many", `an instance has at most ${labelsMax} labels`, { exit: exitCodes.usage });

const invalid = (message: string, form: string): UserError =>
  new UserError("label-invalid", message, { exit: exitCodes.usage, hints: [["form", form]] });
