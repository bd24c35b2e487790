/** Terminals that are kept, in each of their states. */
import type { TerminalView } from "../../src/model/terminal.ts";

const opened = {
  instance: { id: "i-1", name: "web" },
  openedAt: "2026-11-20T11:00:00.000Z",
  by: "ann",
  columns: 80,
  rows: 24,
  attached: 0,
} satisfies Partial<TerminalView>;

export const terminals: readonly TerminalView[] = [
  { ...opened, id: "t-1", number: 1, attached: 2 },
  { ...opened, id: "t-2", number: 2, leftAt: "2026-11-20T11:20:00.000Z" },
  {
    ...opened,
    id: "t-3",
    number: 1,
    instance: { id: "i-2", name: "database" },
    by: "bob",
    gone: { at: "2026-11-20T11:30:00.000Z", result: "lost: stop of the instance" },
  },
];
