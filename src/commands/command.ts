/** The shape of a verb: its text (model/verb.ts) and what it does, with its options typed. */
import { parseFilter } from "../model/filter.ts";
import type { Argument, Flag, Option, ListOption, Options, ValueOption, VerbText } from "../model/verb.ts";
import { formats, parseFormat } from "../render/format.ts";
import type { Context } from "./context.ts";

export type ValueOf<Given extends Option> = Given extends Flag
  ? boolean
  : Given extends ValueOption<infer Value>
    ? Value | undefined
    : Given extends ListOption<infer Value>
      ? readonly Value[]
      : never;
export type Values<Given extends Options> = { readonly [Name in keyof Given]: ValueOf<Given[Name]> };

export interface VerbInput<Given extends Options> {
  readonly words: readonly string[];
  readonly options: Values<Given & typeof commonOptions>;
}

export interface VerbSpec<Given extends Options> extends VerbText {
  readonly options: Given;
  /** Resolves with the exit code. */
  readonly run: (context: Context, input: VerbInput<Given>) => Promise<number>;
}

/** A verb whose options are known only by name, as the parser sees it. */
export interface Verb extends VerbText {
  readonly run: (
    context: Context,
    input: { words: readonly string[]; options: Readonly<Record<string, unknown>> },
  ) => Promise<number>;
}

/** Options of every verb. `format`, `json` and `quiet` choose the shape of the answer. */
export const commonOptions = {
  format: { ...value("FORMAT", formats.join(", "), parseFormat), choices: formats },
  json: flag("the same as --format json"),
  quiet: flag("names only", "q"),
  host: text("SOCKET", "talk to the daemon at this socket"),
  verbose: flag("say which daemon answers", "v"),
  help: flag("the page of this verb", "h"),
} satisfies Options;

export const filterOption = {
  filter: list(
    "FILTER",
    "only those that fit: label=KEY=VALUE, label=KEY, state=Running, name=web-*; given twice, both must fit",
    parseFilter,
  ),
} satisfies Options;

/** Instead of names; a filter alone means all that fit. */
export const allOption = { all: flag("every instance that it makes sense for"), ...filterOption } satisfies Options;

/** Options of every changing verb that takes a while. */
export const changingOptions = {
  reason: text("TEXT", "why; kept in the event (or STRATA_REASON)"),
  detach: flag("do not wait for the end"),
} satisfies Options;

/** Gives a verb to the table; its `run` sees typed options. */
export function defineVerb<const Given extends Options>(spec: VerbSpec<Given>): Verb {
  // The parser fills every option of the spec with what its own `parse` returned, so the narrower input is the true one.
  return { ...spec, run: (context, input) => spec.run(context, input as unknown as VerbInput<Given>) };
}

export function flag(about: string, short?: string): Flag {
  return { kind: "flag", about, ...(short !== undefined && { short }) };
}

export function value<Value>(
  placeholder: string,
  about: string,
  parse: (text: string) => Value,
  short?: string,
): ValueOption<Value> {
  return { kind: "value", placeholder, about, parse, ...(short !== undefined && { short }) };
}

export function list<Value>(
  placeholder: string,
  about: string,
  parse: (text: string) => Value,
  short?: string,
): ListOption<Value> {
  return { ...value(placeholder, about, parse, short), kind: "list" };
}

export function text(placeholder: string, about: string, short?: string): ValueOption<string> {
  return value(placeholder, about, (given) => given, short);
}

export const instanceArgument: Argument = {
  name: "INSTANCE",
  about: "name of an instance",
  required: true,
  many: false,
  completes: "instance",
};
/** For verbs that go inside. */
export const runningArgument: Argument = { ...instanceArgument, completes: "running" };
/** Not required, because --all may stand instead. */
export const instancesArgument: Argument = {
  name: "INSTANCE",
  about: "names of instances, or --all",
  required: false,
  many: true,
  completes: "instance",
};
