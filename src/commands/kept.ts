/** Being at a terminal that the daemon keeps: what is said when one comes and when one leaves. */
import type { TerminalView } from "../model/terminal.ts";
import type { Context } from "./context.ts";
import { asGuest } from "./guest.ts";

export const leaveKeyName = "Ctrl-]";

/** As it is asked for again. */
export const attachLine = ({ instance, number }: TerminalView): string => `strata attach ${instance.name} ${number}`;

/** Resolves with the exit code: the shell's, or 0 when it was left running. */
export async function beAt(context: Context, terminal: TerminalView): Promise<number> {
  const name = `terminal ${terminal.number} of ${terminal.instance.name}`;
  context.say(`kept        ${name}: ${leaveKeyName} leaves it running; back with ${attachLine(terminal)}`);
  const end = await asGuest(() => context.session.attach(terminal.id));
  if (end !== "left") return end;
  context.say(`Left running: ${name}   (${attachLine(terminal)})`);
  return 0;
}
