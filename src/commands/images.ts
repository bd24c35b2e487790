/** `strata images`: what is kept here, and the removal of it. */
import { UserError, exitCodes } from "../errors.ts";
import { parseDuration } from "../model/duration.ts";
import { formatSize } from "../model/size.ts";
import { imagesView } from "../render/images.ts";
import { type At, atOption, placeOf, sayAsOf } from "./at.ts";
import { wantsData } from "./change.ts";
import { defineVerb, text, value } from "./command.ts";
import type { Context, Shape } from "./context.ts";

const actions = ["list", "delete", "prune"];

export const images = defineVerb({
  name: "images",
  aliases: [],
  group: "images and settings",
  summary: "List or remove images that are kept here",
  about: [
    "Images that the daemon keeps for the next launch, each once per content, with who stands on it. strata find lists those that can be fetched.",
    "delete removes one by its name or the beginning of its digest, prune all that no instance stands on. An image that an instance stands on, even in the trash, stays. What nobody has used for as long as images.keep says goes by itself.",
  ],
  arguments: [
    { name: "ACTION", about: "list (also without), delete or prune", required: false, many: false, choices: actions },
    { name: "IMAGE", about: "with delete: names or digests", required: false, many: true },
  ],
  options: {
    unused: value("TIME", "with prune: only what was not used for so long, for example 7d", (given) =>
      parseDuration(given, "unused"),
    ),
    ...atOption,
    reason: text("TEXT", "why; kept in the event (or STRATA_REASON)"),
  },
  examples: [
    { line: "strata images", about: "names, sizes, age and use" },
    { line: "strata images --at 3d", about: "what was here three days ago" },
    { line: "strata images prune --unused 7d", about: "makes room" },
    { line: "strata images delete 24.04", about: "the next launch fetches it anew" },
  ],
  async run(context, { words: [action = "list", ...names], options }) {
    const reason = context.reason(options.reason);
    if (options.at !== undefined && action !== "list") throw notThen(action);
    if (action === "delete") return remove(context, names, reason, options);
    if (names.length > 0)
      throw new UserError("argument-unwanted", `images ${action} takes no name`, {
        exit: exitCodes.usage,
        hints: [["next", `strata images delete ${names[0]}`]],
      });
    if (options.at !== undefined && action === "list") return listThen(context, options.at, options);
    if (action === "prune") return prune(context, options.unused ?? 0, reason, options);
    const found = await context.api.call("image.list", {});
    if (found.length === 0) context.say("No images are kept here yet. strata find lists what can be launched.");
    await context.show(imagesView(found), options);
    return exitCodes.ok;
  },
});

async function listThen(context: Context, at: At, shape: Shape): Promise<number> {
  const { asOf, images: found } = await context.api.call("past.images", { at: placeOf(at, context) });
  sayAsOf(context, asOf);
  await context.show(imagesView(found, asOf), shape);
  return exitCodes.ok;
}

const notThen = (action: string): UserError =>
  new UserError("option-unwanted", `images ${action} changes what is here now, and takes no --at`, {
    exit: exitCodes.usage,
    hints: [["next", `strata images ${action}`]],
  });

async function remove(
  context: Context,
  names: readonly string[],
  reason: { reason?: string },
  shape: Shape,
): Promise<number> {
  if (names.length === 0)
    throw new UserError("argument-missing", "images delete needs the name of an image", {
      exit: exitCodes.usage,
      hints: [["next", "strata images"]],
    });
  const removed = [];
  for (const image of names) {
    const gone = await context.api.call("image.remove", { command: context.newCommand(), ...reason, image });
    context.say(`Removed: ${gone.name}   ${formatSize(gone.bytes)}`);
    removed.push(gone);
  }
  if (wantsData(shape)) await context.show(imagesView(removed), shape);
  return exitCodes.ok;
}

async function prune(context: Context, unusedMs: number, reason: { reason?: string }, shape: Shape): Promise<number> {
  const removed = await context.api.call("image.prune", { command: context.newCommand(), ...reason, unusedMs });
  for (const { name, bytes } of removed) context.say(`Removed: ${name}   ${formatSize(bytes)}`);
  if (removed.length === 0) context.say("Nothing to remove: every image is in use, or was used lately.");
  if (wantsData(shape)) await context.show(imagesView(removed), shape);
  return exitCodes.ok;
}
