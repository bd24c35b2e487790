/** `strata exec`: a command in the guest; its exit code is ours. */
import { defineVerb, runningArgument } from "./command.ts";
import { guestOptions, runInGuest, surroundings } from "./guest.ts";

export const exec = defineVerb({
  name: "exec",
  aliases: [],
  group: "inside",
  summary: "Run a command in an instance",
  about: [
    "Standard input, output and error are those of the command, byte by byte. With a terminal here, it gets one there. What follows INSTANCE belongs to the guest: options of strata stand before it, -- is not needed.",
    "Each word arrives as one word. For pipes and variables of the guest, run a shell: sh -c '...'.",
  ],
  arguments: [runningArgument, { name: "COMMAND", about: "the command and its words", required: true, many: true }],
  options: guestOptions,
  examples: [
    { line: "strata exec web ls -la /", about: "a command with options" },
    { line: "strata exec web -- sh -c 'cat > notes' < notes", about: "input from a file here" },
    { line: "strata exec -e LANG=C -d /tmp web date", about: "a variable and a directory" },
  ],
  exits: [
    ["0-255", "what the command returned; 128+n: it ended by signal n"],
    [125, "strata itself failed"],
    [127, "the guest has no such command"],
  ],
  instead: ([instance]) => (instance === undefined ? undefined : ["shell", instance]),
  guestWords: true,
  run: (context, { words, options }) => {
    const [instance = "", ...rest] = words;
    return runInGuest(context, { instance, words: rest, ...surroundings(options) });
  },
});
