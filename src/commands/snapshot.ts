/** `strata snapshot`: a point to come back to. */
import { UserError } from "../errors.ts";
import { parseDuration } from "../model/duration.ts";
import { parsePointAddress, parsePointName } from "../model/point-word.ts";
import type { Point } from "../model/point.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag, text, value } from "./command.ts";
import { contentOf } from "./points.ts";

export const snapshot = defineVerb({
  name: "snapshot",
  aliases: [],
  group: "history",
  summary: "Make a point to come back to",
  about: [
    "Works on running, stopped and suspended instances and takes next to no space at first. What belongs to it is the disk, the configuration and, with --with-memory, every running program: going back is no boot then.",
    "Without --with-memory a running guest's files are made to stand still for a moment, where its agent can do that; what programs had not written is not in it.",
  ],
  arguments: [
    {
      name: "INSTANCE[@NAME]",
      about: "web, or web@good; without a name it is called snapshot1, snapshot2 and so on",
      required: true,
      many: false,
      completes: "instance",
    },
  ],
  options: {
    name: { ...text("NAME", "its name, instead of @NAME", "n") },
    comment: text("TEXT", "a note that stays with it", "m"),
    "with-memory": flag("keep the memory too, so that going back is no boot"),
    expires: value("DURATION", "remove it by itself after this time, for example 7d", parseExpiry),
    ...changingOptions,
  },
  examples: [
    { line: "strata snapshot web@good", about: "then strata restore web@good" },
    { line: "strata snapshot web --with-memory --expires 2d", about: "with every running program" },
  ],
  async run(context, { words: [word = ""], options }) {
    const { instance, point } = parsePointAddress(word);
    const given = options.name ?? point;
    const name = given === undefined ? undefined : parsePointName(given);
    const withMemory = options["with-memory"];
    return changeAll(context, [instance], {
      verb: "snapshot",
      done: "Snapshot taken",
      detach: options.detach,
      shape: options,
      title: ({ point: made }) => (made ? `${instance}@${made.name}` : instance),
      details: ({ point: made }) => (made ? detailsOf(made) : []),
      after: ({ point: made, instance: view }) => {
        if (made && withMemory && !made.kept) throw memoryLost(instance, made);
        return made && view?.power === "running" && !withMemory
          ? ["note        programs not saved (add --with-memory)"]
          : [];
      },
      send: () =>
        context.api.call("point.snapshot", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
          ...(name !== undefined && { name }),
          withMemory,
          ...(options.comment !== undefined && { comment: options.comment }),
          ...(options.expires !== undefined && { expiresMs: options.expires }),
        }),
    });
  },
});

function detailsOf(point: Point): string[] {
  const paused = point.pausedMs === undefined ? [] : [`guest paused ${Math.ceil(point.pausedMs)} ms`];
  return [contentOf(point), ...paused, ...(point.consistency === "crash" ? ["as after a power cut"] : [])];
}

const memoryLost = (instance: string, { name }: Point) =>
  new UserError("memory-not-kept", `${instance}@${name} has the disk, but its memory could not be kept`, {
    hints: [
      ["kept", `${instance}@${name}, disk only`],
      ["next", `strata snapshot ${instance} --with-memory`],
    ],
  });

function parseExpiry(given: string): number {
  return parseDuration(given, "--expires");
}
