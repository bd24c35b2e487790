/** `strata restore`: goes back to a point; the present stays as a branch. */
import type { Ended } from "../api/contract.ts";
import { formatDuration } from "../model/duration.ts";
import { formatSize } from "../model/size.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag } from "./command.ts";
import type { Context } from "./context.ts";
import { degradedLines } from "./mount-words.ts";
import { showPlan } from "./point-plan.ts";
import { choosePoint, pointAddress, pointArgument } from "./points.ts";

export const restore = defineVerb({
  name: "restore",
  aliases: [],
  group: "history",
  summary: "Go back to a point",
  about: [
    "The disk and the configuration become those of the point. A point with memory goes on where it was, without a boot; one without boots, if the instance runs now. The state until now is kept as a branch for a week, with its memory if it runs, unless --discard is given: strata undo goes back to it.",
    "What left the machine is not undone: packets sent, writes to mounts.",
  ],
  arguments: [pointArgument],
  options: {
    discard: flag("throw the state of now away", "d"),
    "disk-only": flag("boot, although the point has memory"),
    "dry-run": flag("only say what would be done"),
    yes: flag("do not ask when the nearest point is far from the time", "y"),
    ...changingOptions,
  },
  examples: [
    { line: "strata restore web@good", about: "a snapshot by its name" },
    { line: "strata restore web@2h", about: "the newest point that is at least two hours old" },
    {
      line: "strata restore web@good --dry-run",
      about: "what would change, what is kept, and whether the machine stops",
    },
    { line: "strata restore web@last --discard", about: "the newest snapshot; nothing of now is kept" },
  ],
  async run(context, { words: [word = ""], options }) {
    const address = pointAddress(word, "restore");
    const { instance } = address;
    if (options["dry-run"]) return showPlan(context, address, { what: "restore", starts: false, ...options }, options);
    const point = await choosePoint(context, address, options.yes);
    return changeAll(context, [instance], {
      verb: "restore",
      done: "Restored",
      behind: "restore",
      detach: options.detach,
      shape: options,
      shown: `${instance}@${point.name}`,
      details: ({ instance: view }) => [
        view?.power !== "running"
          ? (view?.state.toLowerCase() ?? "")
          : goesOn(point, options)
            ? "running on, no reboot"
            : "booted",
      ],
      after: (ended) => [
        ...degradedLines(ended),
        ...kept(context, instance, ended),
        "not undone  what left the machine: packets sent, writes to mounts",
      ],
      send: () =>
        context.api.call("point.restore", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
          point: point.name,
          discard: options.discard,
          diskOnly: options["disk-only"],
        }),
    });
  },
});

const goesOn = (point: { kept?: unknown }, options: { "disk-only": boolean }): boolean =>
  point.kept !== undefined && !options["disk-only"];

/** What became of the present. */
function kept({ ageMs }: Context, instance: string, { point }: Ended): string[] {
  if (!point) return [];
  const bytes = point.bytes + (point.kept?.memoryBytes ?? 0);
  const left =
    point.expires === undefined ? "" : `, for ${formatDuration(Math.round(-ageMs(point.expires) / 1000) * 1000)}`;
  return [`kept        ${instance}@${point.name}: the state until now, ${formatSize(bytes)}${left}`];
}
