/** `strata exec`: a command in the guest; its exit code is ours. */
import { formatSize } from "../model/size.ts";
import { capturedView } from "../render/captured.ts";
import { wantsData } from "./change.ts";
import { defineVerb, runningArgument, value } from "./command.ts";
import { asGuest, guestOptions, runInGuest, surroundings } from "./guest.ts";
import { parseTimeout } from "./timeout.ts";

/** Of each output, where they are collected for a program. */
const capturedBytesMax = 2 ** 20;

export const exec = defineVerb({
  name: "exec",
  aliases: [],
  group: "inside",
  summary: "Run a command in an instance",
  about: [
    "Standard input, output and error are those of the command, byte by byte. With a terminal here, it gets one there. What follows INSTANCE belongs to the guest: options of strata stand before it, -- is not needed.",
    "Each word arrives as one word. For pipes and variables of the guest, run a shell: sh -c '...'.",
    "When the time of --timeout has passed, the command and what it started get SIGTERM, and SIGKILL 5 s later. In the guest's environment it has STRATA_SESSION then.",
    `With --json (or another format) there is no terminal, and one object with code, signal, stdout and stderr comes at the end. Of each output ${formatSize(capturedBytesMax)} are kept, the rest is read and dropped: stdoutBytes says how many there were. What is no UTF-8 is in base64, and stdoutEncoding says so.`,
  ],
  arguments: [runningArgument, { name: "COMMAND", about: "the command and its words", required: true, many: true }],
  options: {
    ...guestOptions,
    timeout: value("TIME", "end the command after this long, for example 90s", parseTimeout),
  },
  examples: [
    { line: "strata exec web ls -la /", about: "a command with options" },
    { line: "strata exec web -- sh -c 'cat > notes' < notes", about: "input from a file here" },
    { line: "strata exec --timeout 30s --json web ./check", about: "for a program, and for half a minute at most" },
    { line: "strata exec -e LANG=C -d /tmp web date", about: "a variable and a directory" },
  ],
  exits: [
    ["0-255", "what the command returned; 128+n: it ended by signal n"],
    [124, "the time of --timeout passed, and the command was ended"],
    [125, "strata itself failed"],
    [127, "the guest has no such command"],
  ],
  instead: ([instance]) => (instance === undefined ? undefined : ["shell", instance]),
  guestWords: true,
  async run(context, { words, options }) {
    const [instance = "", ...rest] = words;
    const { timeout } = options;
    const limit = timeout === undefined ? {} : { timeoutMs: timeout };
    const request = { instance, words: rest, ...surroundings(options), ...limit };
    if (!wantsData({ ...options, quiet: false })) return runInGuest(context, request);
    const captured = await asGuest(() => context.session.capture(request, capturedBytesMax));
    await context.show(capturedView(captured), options);
    return captured.code;
  },
});
