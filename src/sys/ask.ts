/** A question to the person at the terminal, answered with a line. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** What was typed; undefined: the terminal was closed, or Ctrl-C was pressed. The question goes to standard error. */
export function ask(question: string): Promise<string | undefined> {
  return answerTo(question, { output: process.stderr });
}

/** The same, with what is typed not shown. */
export async function askHidden(question: string): Promise<string | undefined> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_data, _encoding, done) => done() });
  const answer = await answerTo("", { output: nowhere, terminal: true });
  process.stderr.write("\n");
  return answer;
}

async function answerTo(
  question: string,
  how: { readonly output: Writable; readonly terminal?: boolean },
): Promise<string | undefined> {
  if (!process.stdin.isTTY) return nextLine();
  const terminal = createInterface({ input: process.stdin, ...how });
  const ended = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
  terminal.once("SIGINT", () => terminal.close());
  const answer = terminal.question(question).catch(() => undefined);
  try {
    return await Promise.race([answer, ended]);
  } finally {
    terminal.close();
  }
}

/** Of a standard input that is no terminal: what one question leaves of it is for the next one. */
let lines: AsyncIterator<string> | undefined;

async function nextLine(): Promise<string | undefined> {
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  return done ? undefined : value;
}
