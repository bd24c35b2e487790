/** `strata find`: what image hosts offer. */
import { UserError, exitCodes } from "../errors.ts";
import type { Hint } from "../errors.ts";
import { fileForm, mirrorHint } from "../model/image-host.ts";
import { splitImage } from "../model/image-name.ts";
import type { FoundImages } from "../model/view.ts";
import { foundView } from "../render/images.ts";
import { defineVerb, flag } from "./command.ts";
import type { Context } from "./context.ts";

export const find = defineVerb({
  name: "find",
  aliases: [],
  group: "images and settings",
  summary: "List images that can be launched",
  about: [
    "Asks the image hosts (strata get images.hosts, and STRATA_IMAGE_HOSTS) and the folder images beside the program. Without TEXT it lists what is supported; with TEXT, all whose name, release or description has it. Lists are kept for 6 hours.",
  ],
  arguments: [
    { name: "[HOST:]TEXT", about: "a part of a name; HOST: alone lists that host", required: false, many: false },
  ],
  options: { "force-update": flag("ask the hosts even when their lists are young") },
  examples: [
    { line: "strata find", about: "everything that is supported" },
    { line: "strata find jammy", about: "one release" },
    { line: "strata find daily:", about: "tomorrow's images, as far as they are" },
  ],
  async run(context, { words: [word], options }) {
    const { host, name } = splitImage(word ?? "");
    const found = await context.api.call("image.find", {
      ...(name !== "" && { text: name }),
      ...(host !== undefined && { host }),
      force: options["force-update"],
      outside: await context.outside(),
    });
    if (found.offers.length === 0) throw nothing(word, found);
    tellFailures(context, found);
    await context.show(foundView(found), options);
    return exitCodes.ok;
  },
});

function tellFailures(context: Context, { hosts }: FoundImages): void {
  const told = new Map<string, string[]>();
  for (const { name, failure, fetchedAt } of hosts) {
    if (!failure) continue;
    const used = fetchedAt === undefined ? "" : `; its list of ${fetchedAt.slice(0, 10)} is shown`;
    const line = `${failure.message}${used}`;
    told.set(line, [...(told.get(line) ?? []), name]);
  }
  for (const [line, names] of told) context.say(`${names.join(", ")}: ${line}`);
}

function nothing(word: string | undefined, { hosts, meant }: FoundImages): UserError {
  const failures = hosts.flatMap(({ failure }) => (failure ? [failure] : []));
  const messages = [...new Set(failures.map(({ message }) => message))].join("; ");
  const [first] = failures;
  if (first && failures.length === hosts.length) {
    return new UserError(first.code, messages, {
      hints: [["next", fileForm], mirrorHint],
    });
  }
  const hints: Hint[] = [];
  if (meant !== undefined) hints.push(["did you mean", meant]);
  const away = hosts.flatMap(({ name, failure }) => (failure ? [name] : []));
  if (away.length > 0) hints.push(["not asked", `${away.join(", ")}: strata find says why`]);
  return new UserError("image-not-found", word === undefined ? "no host offers an image" : `no image "${word}"`, {
    hints: [...hints, ["next", word === undefined ? "strata get images.hosts" : "strata find"]],
  });
}
