/** A question to the person at the terminal, answered with a line. */
import { createInterface } from "node:readline/promises";

/** What was typed; undefined: the terminal was closed, or Ctrl-C was pressed. The question goes to standard error. */
export async function ask(question: string): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
  terminal.once("SIGINT", () => terminal.close());
  const answer = terminal.question(question).catch(() => undefined);
  try {
    return await Promise.race([answer, ended]);
  } finally {
    terminal.close();
  }
}
