/** The hidden verb behind completion scripts: candidates on standard output; no daemon is started, no error is shown, no shell waits long. */
import { createClient } from "../api/client.ts";
import type { ApiClient } from "../api/client.ts";
import { complete } from "../commands/complete.ts";
import type { Candidate, LookUp, Surface } from "../commands/complete.ts";
import { liveNames } from "../commands/complete-live.ts";
import { checkRuntimeDirectory, chooseTarget, readConfig } from "../config.ts";
import type { Config } from "../config.ts";
import { exitCodes } from "../errors.ts";
import { printable } from "../render/text.ts";
import { systemClock } from "../sys/clock.ts";
import { outputStream } from "../sys/output.ts";
import { clientSettings } from "./settings.ts";

/** A daemon that says nothing keeps the shell this long at most; one on a busy host needs more than a moment. */
const answerMsMax = 1_000;

/** One name of the program: what can be typed under it, and what it looks up besides. */
export interface Completion {
  readonly version: string;
  readonly surface: Surface;
  readonly lookUp?: (live: LookUp, parts: { readonly api: ApiClient; readonly config: Config }) => LookUp;
}

/** Prints `word` or `word<TAB>about`, a line per candidate for the last of `words`. Always exits 0. */
export async function runComplete(words: readonly string[], completion: Completion): Promise<number> {
  const found = await Promise.race([answer(words, completion).catch(() => []), silence()]);
  const lines = found.map(({ word, about }) => `${word}${about === "" ? "" : `\t${printable(about)}`}\n`);
  outputStream(1).write(lines.join(""));
  return exitCodes.ok;
}

async function answer(
  words: readonly string[],
  { version, surface, lookUp = (live) => live }: Completion,
): Promise<readonly Candidate[]> {
  const config = readConfig();
  const target = chooseTarget(config, hostOf(words) ?? config.host);
  const check = () => {
    if (target.socket === config.socket) checkRuntimeDirectory(config);
  };
  const api = createClient({ target, version, check });
  return complete(words, surface, lookUp(liveNames(api, clientSettings(config.clientFile)), { api, config }));
}

/** --host on the line that is being typed. */
function hostOf(words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word, index) => index < words.length - 1 && /^--host(=|$)/.test(word));
  if (at < 0) return undefined;
  return words[at]?.split("=")[1] ?? words[at + 1];
}

async function silence(): Promise<readonly Candidate[]> {
  await systemClock.sleep(answerMsMax);
  return [];
}
