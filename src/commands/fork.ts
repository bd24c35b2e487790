/** `strata fork` and `strata clone`: copies of an instance that share its disk and have an identity of their own. */
import { UserError, exitCodes } from "../errors.ts";
import { formatHostPort } from "../model/forward.ts";
import { parseName } from "../model/name.ts";
import { parsePointAddress } from "../model/point-word.ts";
import type { InstanceView } from "../model/view.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag, text, value } from "./command.ts";
import type { Context, Shape } from "./context.ts";
import { makePoint } from "./make-point.ts";
import { showPlan } from "./point-plan.ts";
import { choosePoint, pointAddress } from "./points.ts";

const countMax = 100;

export const fork = defineVerb({
  name: "fork",
  aliases: [],
  group: "instances",
  summary: "Make new instances that begin where another one stands",
  about: [
    "Takes no time and no space at first: the disk is shared until one of them writes. A fork has its own name, addresses, machine id and host keys.",
    "It runs if the source runs; of a point that is named, if the point has memory. It goes on from the memory then, without a boot, where the guest has QEMU's agent, which tells it who it is before anybody can talk to it; else it boots.",
  ],
  arguments: [
    {
      name: "INSTANCE[@POINT]",
      about: "web as it is now, or web@good as it was",
      required: true,
      many: false,
      completes: "instance",
    },
    { name: "NAME", about: "of the new instance (web-2)", required: false, many: false },
  ],
  options: {
    count: value("N", "so many; they are called NAME-1, NAME-2 and so on", parseCount),
    "disk-only": flag("boot, although there is memory to go on from"),
    "dry-run": flag("only say what would be done; of a point that is named"),
    ...changingOptions,
  },
  examples: [
    { line: "strata fork web", about: "web-2, as web is now" },
    { line: "strata fork web@good test --count 3", about: "test-1, test-2 and test-3, as web was" },
  ],
  async run(context, { words: [word = "", name], options }) {
    if (options["dry-run"]) {
      const wanted = {
        what: "fork",
        starts: true,
        discard: false,
        ...options,
        ...(name !== undefined && { name }),
      } as const;
      return showPlan(context, pointAddress(word, "fork --dry-run"), wanted, options);
    }
    const { instance, point } = parsePointAddress(word);
    const source = { instance, ...(point !== undefined && { point }) };
    const names = options.count === undefined ? [name] : numbered(name ?? instance, options.count);
    return forkAll(context, source, names, options, options["disk-only"] ? "boots" : "goes on");
  },
});

export const clone = defineVerb({
  name: "clone",
  aliases: [],
  group: "instances",
  summary: "Copy an instance, as Multipass says it",
  about: [
    "The same as strata fork, but the copy is always stopped and called web-clone1, web-clone2 and so on; no number comes twice.",
  ],
  arguments: [{ name: "INSTANCE", about: "name of an instance", required: true, many: false, completes: "instance" }],
  options: { name: text("NAME", "of the new instance", "n"), reason: changingOptions.reason },
  examples: [{ line: "strata clone web --name copy", about: "copy is as web is now" }],
  async run(context, { words: [instance = ""], options }) {
    return forkAll(context, { instance }, [options.name], { ...options, detach: false }, "stays off");
  },
});

async function forkAll(
  context: Context,
  source: { readonly instance: string; readonly point?: string },
  names: readonly (string | undefined)[],
  given: Shape & { readonly reason: string | undefined; readonly detach: boolean },
  how: "goes on" | "boots" | "stays off",
): Promise<number> {
  for (const name of names) if (name !== undefined) parseName(name);
  const { instance } = source;
  const [view] = await context.api.call("instance.info", { instances: [instance] });
  const isRunning = how !== "stays off" && view?.power === "running";
  const { name: point, kept } = await pointFor(context, source, isRunning && how === "goes on", given.reason);
  const starts = source.point === undefined ? isRunning : how === "goes on" && kept !== undefined;
  return changeAll(
    context,
    names.map((name) => name ?? "a fork"),
    {
      verb: "fork",
      done: "Forked",
      detach: given.detach,
      shape: given,
      after: () => leftLines(instance, view?.forwards),
      details: ({ instance: made }) => [`from ${instance}@${point}`, howItIs(made)],
      send: (name) =>
        context.api.call("instance.fork", {
          command: context.newCommand(),
          ...context.reason(given.reason),
          instance,
          point,
          ...(names.includes(name) && { name }),
          starts,
          isClone: how === "stays off",
          diskOnly: how === "boots",
        }),
    },
  );
}

/** A port leads to one place: the source's stay the source's. */
const leftLines = (source: string, forwards: InstanceView["forwards"] = []): string[] =>
  forwards.length === 0
    ? []
    : [
        `forwards    stay with ${source} (${forwards.map(formatHostPort).join(", ")}); a fork gets its own with strata forward`,
      ];

/** The point that was named, or one of now, with its memory if that is wanted. */
async function pointFor(
  context: Context,
  { instance, point }: { readonly instance: string; readonly point?: string },
  withMemory: boolean,
  reason: string | undefined,
): Promise<{ readonly name: string; readonly kept?: unknown }> {
  if (point !== undefined) return choosePoint(context, { instance, point }, true);
  return { name: await makePoint(context, instance, { done: "From", withMemory, reason }) };
}

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);

function parseCount(given: string): number {
  const count = /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (count >= 1 && count <= countMax) return count;
  throw new UserError("count-invalid", `"${given}" is not a number of forks`, {
    exit: exitCodes.usage,
    hints: [
      ["did you mean", "--count 1"],
      ["form", `a whole number from 1 to ${countMax}`],
    ],
  });
}

const howItIs = (made: InstanceView | undefined): string => {
  if (made?.power !== "running") return made?.state.toLowerCase() ?? "";
  return made.resumed ? "running on, no reboot" : "booted";
};
