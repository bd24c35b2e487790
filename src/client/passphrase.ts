/** A passphrase: the first line of a file or of standard input, which a terminal does not show. */
import { exitCodes, UserError } from "../errors.ts";
import type { Secret } from "../model/secret.ts";
import { askHidden } from "../sys/ask.ts";
import { isTerminal } from "../sys/terminal.ts";

/** Throws `passphrase-unreadable`, and `interrupted` at a Ctrl-C. */
export async function readPassphrase(source: string): Promise<Secret<string>> {
  const text = source === "-" && isTerminal(0) ? await typed() : await firstLine(source);
  if (text !== "") return text as Secret<string>;
  throw new UserError("passphrase-unreadable", "the passphrase is empty", {
    exit: exitCodes.usage,
    hints: [["or", "strata set passphrase= (there is none any more)"]],
  });
}

async function typed(): Promise<string> {
  const text = await askHidden("passphrase: ");
  if (text === undefined) throw new UserError("interrupted", "nothing was changed", { exit: exitCodes.interrupted });
  return text;
}

async function firstLine(source: string): Promise<string> {
  const { readTextSource } = await import("../sys/text-source.ts");
  const { text } = await readTextSource(source).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError("passphrase-unreadable", cause.message.replace(/^the /, "the passphrase's "), {
      cause,
      hints: [["form", "strata set passphrase=FILE, or - for standard input"]],
    });
  });
  return text.replace(/\r?\n.*$/s, "");
}
