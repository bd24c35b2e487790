/** `strata try`: a point, a command, and back to the point when it fails. */
import { exitCodes } from "../errors.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, runningArgument } from "./command.ts";
import type { Context, Shape } from "./context.ts";
import { makePoint } from "./make-point.ts";
import { guestOptions, runInGuest, surroundings } from "./guest.ts";

export const tryVerb = defineVerb({
  name: "try",
  aliases: [],
  group: "history",
  summary: "Run a command in an instance, and take everything back if it fails",
  about: [
    "Keeps a point with the memory first. When the command ends with 0, all stays as it is now; with anything else the instance goes back to before it, with every program running on, and what the command made of it is kept as a branch for a week. The command's exit code is returned either way.",
  ],
  arguments: [runningArgument, { name: "COMMAND", about: "the command and its words", required: true, many: true }],
  options: { ...guestOptions, reason: changingOptions.reason },
  examples: [
    { line: "strata try web -- sudo apt-get -y upgrade", about: "keeps it only if it works" },
    { line: "strata try web -- sh -c 'make && make test'", about: "several commands" },
  ],
  exits: [
    ["0-255", "what the command returned; 128+n: it ended by signal n"],
    [125, "strata itself failed; the instance is as the command left it"],
    [127, "the guest has no such command"],
  ],
  guestWords: true,
  async run(context, { words, options }) {
    const [instance = "", ...rest] = words;
    const point = await makePoint(context, instance, { done: "Before", withMemory: true, reason: options.reason });
    const code = await runInGuest(context, { instance, words: rest, ...surroundings(options) });
    if (code === exitCodes.ok) {
      context.say(
        `kept        what it changed; ${instance}@${point} is the state before   (strata restore ${instance}@${point})`,
      );
      return code;
    }
    await goBack(context, instance, point, code, options);
    return code;
  },
});

type Given = Shape & { readonly reason: string | undefined };

async function goBack(context: Context, instance: string, point: string, code: number, given: Given): Promise<void> {
  await changeAll(context, [instance], {
    verb: "restore",
    done: `guest exited ${code}`,
    detach: false,
    shape: { json: false, quiet: false },
    title: () => "went back to before, programs kept running",
    send: () =>
      context.api.call("point.restore", {
        command: context.newCommand(),
        ...context.reason(given.reason ?? `try exited ${code}`),
        instance,
        point,
        discard: false,
        diskOnly: false,
      }),
  });
}
