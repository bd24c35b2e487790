/** Help pages that are about no single verb. */
import { undoRows, type UndoRow } from "../model/undo.ts";
import { section, wrap } from "../render/help.ts";

export interface Topic {
  readonly name: string;
  readonly summary: string;
  readonly page: () => string;
}

const width = 88;
const paragraphs = (...texts: string[]) => texts.map((text) => wrap(text, width, "")).join("\n\n");
const page = (...sections: string[]) => `${sections.join("\n\n")}\n`;

const rowsOf = (undo: UndoRow["undo"], text: (row: UndoRow) => string): [string, string][] =>
  Object.entries(undoRows).flatMap(([kind, row]) => (row.undo === undo ? [[kind, text(row)]] : []));

export const topics: readonly Topic[] = [
  {
    name: "points",
    summary: "how to name a place in an instance's history",
    page: () =>
      page(
        paragraphs(
          "strata help points: how to name a place in an instance's history",
          "Every change gets a number, its operation, counted per data directory. strata history shows them; strata show 7 tells all about one.",
        ),
        section("A POINT is", [
          ["7", "the state right after operation 7; 6 is the one before it"],
          ["NAME", "a snapshot or a branch; names start with a letter"],
          ["last, now", "the newest snapshot; the present"],
          ["2h, 3d", "that long ago"],
          ["14:05, 2026-11-20T14:05", "a time"],
        ]),
        paragraphs(
          "INSTANCE@POINT is an instance at a point: web@7, web@good, web@2h.",
          "The configuration at a point is exact, because it is in the log. A disk exists only where it was frozen: a time means the newest such point at or before it, and the answer names that point and how far off it is.",
          "Some points make themselves, called auto1, auto2 and so on: where an instance stops in order, before strata set makes a disk larger, before strata try and strata fork, and each hour that an instance runs and its disk changes; they have the disk; those of try and of a fork that runs on have its memory too. Of the last day one an hour stays, of the last week one a day, of the last four weeks one a week, and beyond what auto-points.limit allows the oldest go first. The newest of each instance and those of the last hour stay. Snapshots, branches and what strata hold holds never go for that. None is made while less than 1G is free. With strata set auto-points=off only try and fork make any.",
          "strata list, info and get with --at answer from the log as it was then. strata snapshot freezes a disk, strata restore goes to one, and the state that a restore leaves becomes a branch.",
        ),
      ),
  },
  {
    name: "undo",
    summary: "what strata undo can take back, and what not",
    page: () =>
      page(
        "strata help undo: what strata undo can take back, and what not",
        section(
          "Taken back",
          rowsOf("yes", (row) => (row.undo === "yes" ? row.how : "")),
        ),
        section(
          "Not taken back",
          rowsOf("no", (row) => (row.undo === "no" ? row.why : "")),
        ),
        section(
          "Passed over",
          rowsOf("passed over", (row) => (row.undo === "passed over" ? row.why : "")),
        ),
        paragraphs(
          "Undoing is a new operation: nothing is taken out of history, and strata redo takes an undo back until something else changes the same instance or setting.",
        ),
      ),
  },
  {
    name: "exit-codes",
    summary: "what the numbers mean to a script",
    page: () =>
      page(
        "strata help exit-codes: what the numbers mean to a script",
        section("Every verb", [
          ["0", "done, or nothing had to be done"],
          ["1", "the command line is wrong; nothing was asked of the daemon"],
          ["2", "the daemon tried and failed, or refused because of the instance's state"],
          ["3", "no daemon can be reached or started"],
          ["4", "refused: no permission"],
          ["5", "the time of --timeout passed"],
          ["6", "the log is damaged, read-only, or not the one seen before"],
          ["130", "interrupted: Ctrl-C"],
        ]),
        section("exec and shell", [
          ["0-255", "what the guest's command returned"],
          ["124", "the time of exec --timeout passed"],
          ["125", "strata itself failed"],
          ["127", "the guest has no such command"],
          ["128+n", "signal n ended it"],
        ]),
        "Several instances at once: the common code when all failures share one, else 2.",
      ),
  },
  {
    name: "verbs",
    summary: "words from other tools, and what they are called here",
    page: () =>
      page(
        "strata help verbs: words from other tools, and what they are called here",
        section("The same verb", [
          ["ls, ps", "list"],
          ["rm", "delete (to the trash)"],
          ["sh, ssh", "shell"],
          ["inspect", "info"],
        ]),
        section("Another verb", [
          ["run, create, new", "launch, then exec"],
          ["up, boot", "start"],
          ["down, halt, poweroff, shutdown", "stop"],
          ["kill, reset", "stop --force, restart --force"],
          ["reboot", "restart"],
          ["pause, resume", "suspend, start"],
          ["remove, destroy", "delete, delete --purge"],
          ["undelete, prune", "recover, purge"],
          ["connect, login, enter", "shell"],
          ["tmux, screen", "attach, shell --keep"],
          ["describe, status", "info, list, or daemon status"],
          ["logs, log", "console for the guest, history for what was done"],
          ["config, settings", "get, set"],
          ["du, check", "df, doctor"],
        ]),
      ),
  },
];
