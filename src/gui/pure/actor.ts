/** Who asked for an operation, beyond the name: by which way, with what program, from where. */

const ways: Readonly<Record<string, string>> = {
  unix: "on the command line",
  gui: "in a window",
  internal: "by the daemon itself",
};

/** Words of the actor that an event has (`Actor` of the log), the most telling first; what was not recorded is left out. */
export function actorWords(by: Readonly<Record<string, unknown>>): string[] {
  const { via, program, directory, tty, pid, login, id } = by;
  const said = (value: unknown, words: (text: string) => string): string[] =>
    typeof value === "string" || typeof value === "number" ? [words(String(value))] : [];
  return [
    ...said(via, (text) => ways[text] ?? `by ${text}`),
    ...said(program, (text) => text),
    ...said(directory, (text) => `in ${text}`),
    ...said(tty, (text) => `at ${text}`),
    ...said(pid, (text) => `pid ${text}`),
    ...said(login, (text) => `signed in as uid ${text}`),
    ...(via === "internal" ? [] : said(id, (text) => text)),
  ];
}
