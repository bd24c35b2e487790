/** The calls about terminals that are kept; being at one is a framed stream. */
import type { CallHandlers } from "../../api/server.ts";
import { resolveInstance } from "../resolve.ts";
import type { Terminals } from "../terminals/terminals.ts";
import type { Caller, Daemon } from "./context.ts";

type Names = "terminal.open" | "terminal.list" | "terminal.close";

export const terminalHandlers = (
  { dispatcher }: Pick<Daemon, "dispatcher">,
  terminals: Terminals,
): Pick<CallHandlers<Caller>, Names> => ({
  "terminal.open": (input, { actor }) => terminals.open(input, actor),
  "terminal.list": async ({ instance }) => {
    const id = instance && (await dispatcher.read((world) => resolveInstance(world, instance).id));
    return terminals.list(id);
  },
  "terminal.close": ({ terminal }, { actor }) => terminals.close(terminal, actor),
});
