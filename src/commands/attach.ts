/** `strata attach`: back to a terminal that the daemon has kept. */
import { UserError, exitCodes } from "../errors.ts";
import type { TerminalView } from "../model/terminal.ts";
import { terminalsView } from "../render/terminals.ts";
import { defineVerb, flag } from "./command.ts";
import { attachLine, beAt, leaveKeyName } from "./kept.ts";

export const attach = defineVerb({
  name: "attach",
  aliases: [],
  group: "inside",
  summary: "Go back to a terminal that was kept",
  about: [
    `Of strata shell --keep, and of the window. As in tmux, the shell and what runs in it go on while nobody is attached, the last 256 KiB that were printed are shown again, and several may be attached at once. ${leaveKeyName} leaves it running; exit or Ctrl-D ends it.`,
    "Without TERMINAL: the one that was left last. A terminal ends with its shell, when its instance stops, when the daemon ends, and when nobody has been attached for a week.",
  ],
  arguments: [
    { name: "INSTANCE", about: "name of an instance (any)", required: false, many: false, completes: "running" },
    { name: "TERMINAL", about: "its number, as --list tells it", required: false, many: false },
  ],
  options: { list: flag("show those that are kept, and the last ones that have ended with how") },
  examples: [
    { line: "strata attach web", about: "the one that was left last" },
    { line: "strata attach web 2", about: "the second one" },
    { line: "strata attach --list", about: "all of all instances" },
  ],
  exits: [
    ["0", "it was left running"],
    ["0-255", "what its shell returned"],
    [125, "strata itself failed"],
  ],
  async run(context, { words: [instance, number], options }) {
    const terminals = await context.api.call("terminal.list", instance === undefined ? {} : { instance });
    if (!options.list) return beAt(context, choose(terminals, instance, number));
    if (terminals.length === 0) context.say("No terminals are kept. A new one: strata shell INSTANCE --keep");
    await context.show(
      terminalsView(terminals.filter((each) => number === undefined || isNumber(each, number))),
      options,
    );
    return exitCodes.ok;
  },
});

const isNumber = (terminal: TerminalView, number: string) => String(terminal.number) === number;

/** Throws `terminal-not-found`; of one that has ended, with how. */
function choose(
  terminals: readonly TerminalView[],
  instance: string | undefined,
  number: string | undefined,
): TerminalView {
  const open = terminals.filter(({ gone }) => !gone);
  const meant = number === undefined ? open : open.filter((each) => isNumber(each, number));
  const [last] = meant.toSorted((a, b) => (b.leftAt ?? b.openedAt).localeCompare(a.leftAt ?? a.openedAt));
  if (last) return last;
  const ended = terminals.findLast((each) => number === undefined || isNumber(each, number));
  const what = number === undefined ? "no terminal is kept" : `no terminal ${number} is kept`;
  const why = ended?.gone ? `: the last one ended with ${ended.gone.result}` : "";
  const [other] = open;
  throw new UserError("terminal-not-found", `${what}${why}`, {
    exit: exitCodes.guestSide,
    hints: [["next", other ? attachLine(other) : `strata shell ${instance ?? "INSTANCE"} --keep`]],
  });
}
