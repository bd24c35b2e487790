/** What the words of `strata transfer` mean together; nothing is looked up, and every wrong form is refused with the right one. */
import { UserError, exitCodes, type Hint } from "../errors.ts";
import type { TransferPlace, TransferPlan } from "./context.ts";
import { lineOf } from "../model/shell-line.ts";

/** Out of a point, or between here and running guests. */
export type TransferMeaning =
  | { readonly kind: "past"; readonly source: string; readonly target: string }
  | ({ readonly kind: "now" } & TransferPlan);

export interface TransferSwitches {
  readonly list: boolean;
  readonly recursive: boolean;
  readonly parents: boolean;
}

type Place = TransferPlace | { readonly at: "point"; readonly text: string };

const form = "strata transfer FILE... INSTANCE:PATH, or strata transfer INSTANCE:PATH... FOLDER";

const refuse = (code: string, message: string, ...hints: Hint[]) =>
  new UserError(code, message, { exit: exitCodes.usage, hints });

/** `web:notes` is in a guest, `web@good:/etc` or `web.good:/etc` in a point, `-` a stream; all else is here, `./a:b` too. */
export function placeOf(word: string): Place {
  if (word === "-") return { at: "stream" };
  if (/^[^@.:/]+(?:@|\.[^:/]+:\/)/.test(word)) return { at: "point", text: word };
  const [, instance, path] = /^([^@.:/]+):(.*)$/s.exec(word) ?? [];
  return instance === undefined || path === undefined ? { at: "here", path: word } : { at: "guest", instance, path };
}

/** Throws a usage error that says what would be right. */
export function readTransfer(
  words: readonly string[],
  { list, recursive, parents }: TransferSwitches,
): TransferMeaning {
  const [first = "", second] = words;
  const places = words.map(placeOf);
  const isPast = places.some(({ at }) => at === "point");
  if (isPast) return { kind: "past", ...pastOf(words, places) };
  if (list) {
    const [guest] = places.flatMap((place) => (place.at === "guest" ? [place] : []));
    const look = guest && lineOf(["strata", "exec", guest.instance, "--", "ls", "-la", guest.path || "."]);
    throw refuse("point-missing", "--list is for what is in a point", ["next", look ?? "strata help transfer"]);
  }
  if (second === undefined && places[0]?.at !== "guest") throw targetMissing(first);
  const target = second === undefined ? here : (places.at(-1) ?? here);
  const sources = second === undefined ? places : places.slice(0, -1);
  const plan = { sources: sources.filter(isNow), target: isNow(target) ? target : here, recursive, parents };
  checkStreams(plan);
  checkSides(plan, words);
  return { kind: "now", ...plan };
}

const here: TransferPlace = { at: "here", path: "." };
const isNow = (place: Place): place is TransferPlace => place.at !== "point";

function targetMissing(word: string): UserError {
  return refuse(
    "target-missing",
    `transfer needs to know where "${word}" goes`,
    ["form", form],
    ["next", "strata list"],
  );
}

function pastOf(words: readonly string[], places: readonly Place[]): { source: string; target: string } {
  const [source = "", target = "."] = words;
  const [from, to] = places;
  if (from?.at !== "point") {
    const point = words.find((_, index) => places[index]?.at === "point") ?? "";
    throw refuse(
      "point-kept",
      `nothing is written to "${point}": a point stays as it was`,
      ["or", `./${point}, if that is a file here`],
      ["form", form],
    );
  }
  if (words.length > 2)
    throw refuse("sources-mixed", "what is in a point comes one path at a time", [
      "form",
      "strata transfer INSTANCE@POINT:PATH TARGET",
    ]);
  if (to && to.at !== "here" && to.at !== "stream")
    throw refuse("point-to-guest", "what is in a point comes here first", [
      "next",
      lineOf(["strata", "transfer", source, "."]),
    ]);
  return { source, target };
}

function checkStreams({ sources, target }: TransferPlan): void {
  const streams = [...sources, target].filter(({ at }) => at === "stream");
  if (streams.length === 0) return;
  if (streams.length > 1) throw refuse("stream-not-alone", "only one word can be -", ["form", form]);
  if (sources.length > 1)
    throw refuse("stream-not-alone", "with - there is one source and one target", [
      "form",
      "strata transfer - INSTANCE:PATH, or strata transfer INSTANCE:PATH -",
    ]);
}

/** All sources in one place, and a guest on one side at least. */
function checkSides({ sources, target }: TransferPlan, words: readonly string[]): void {
  const guests = new Set(sources.flatMap((place) => (place.at === "guest" ? [place.instance] : [])));
  const [from] = guests;
  if (guests.size > 1 || (guests.size === 1 && sources.some(({ at }) => at !== "guest")))
    throw refuse("sources-mixed", "all sources come from one place: from here, or from one instance", [
      "next",
      lineOf(["strata", "transfer", words[0] ?? "", words.at(-1) ?? ""]),
    ]);
  if (from === undefined && target.at !== "guest") throw instanceMissing(words);
  if (target.at === "guest" && target.instance === from) {
    const paths = [...sources, target].map((place) => (place.at === "guest" && place.path) || ".");
    throw refuse("instance-same", `both sides are in ${from}`, [
      "next",
      lineOf(["strata", "exec", from, "--", "cp", "-a", ...paths]),
    ]);
  }
}

/** The colon is what is forgotten first. */
function instanceMissing(words: readonly string[]): UserError {
  const last = words.at(-1) ?? "";
  const isName = /^[A-Za-z][A-Za-z0-9-]*$/.test(last);
  const meant = lineOf(["strata", "transfer", ...words.slice(0, -1), `${last}:`]);
  return refuse(
    "instance-missing",
    "no word names an instance; INSTANCE:PATH is a file in a guest",
    ...(isName ? [["did you mean", meant] as const] : []),
    ["form", form],
  );
}
