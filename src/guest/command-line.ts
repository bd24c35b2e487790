/** The one line that the guest's login shell runs for a session: exact words, directory and environment. */
import { UserError, exitCodes } from "../errors.ts";

/** What a session is: no words mean a login shell. */
export interface SessionRequest {
  readonly words?: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string | undefined;
  /** Instead of all the above: a program that the guest's SSH server starts by its name. */
  readonly subsystem?: "sftp" | undefined;
  /** Absent: no terminal, stdout and stderr stay apart. */
  readonly terminal?: { readonly term: string; readonly columns: number; readonly rows: number } | undefined;
}

const refusal = (message: string) => new UserError("command-invalid", message, { exit: exitCodes.usage });

/** A word that any POSIX shell reads back unchanged: globs, `$`, quotes, aliases and keywords stay text. */
export function quoteWord(word: string): string {
  if (word.includes("\0")) throw refusal("the command contains a zero byte, which no command line can hold");
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function assignment([name, value]: [string, string]): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw refusal(`"${name}" is no name of an environment variable: letters, digits and _, not starting with a digit`);
  }
  return quoteWord(`${name}=${value}`);
}

/** A relative directory gets `./`, so that `-` and the shell's CDPATH mean nothing special. Failing there is not the command's failure. */
const changeTo = (directory: string) =>
  `cd -- ${quoteWord(directory.startsWith("/") ? directory : `./${directory}`)} || exit ${exitCodes.guestSide}; `;

/** The line for `exec`; undefined when a plain login shell is wanted, which SSH has a request of its own for. */
export function commandLine({ words, environment, directory }: SessionRequest): string | undefined {
  if (words?.length === 0) throw refusal("a command needs at least one word");
  const assignments = Object.entries(environment).map(assignment);
  if (words === undefined && assignments.length === 0 && directory === undefined) return undefined;
  const start = directory === undefined ? "" : changeTo(directory);
  const env = assignments.length === 0 ? "" : `env ${assignments.join(" ")} `;
  const command = words === undefined ? `exec ${env}"\${SHELL:-/bin/sh}" -l` : env + words.map(quoteWord).join(" ");
  return start + command;
}
