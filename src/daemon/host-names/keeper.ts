/** Keeps systemd-resolved told of the bridges that instances run on, while the setting wants it. Level-triggered. */
import { messageOf } from "../../errors.ts";
import { settingOf } from "../../events/settings/settings.ts";
import type { EventLog } from "../../events/store/log.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Processes } from "../../sys/process.ts";
import type { Dispatcher } from "../dispatch.ts";
import { type HostNames, type NamedLink, namedLinks, revertingWords, tellingWords } from "./resolved.ts";

export const hostNamesSetting = "names.host";
/** A bridge that was only just asked for is there soon. */
const againMs = 10_000;
const limits = { timeoutMs: 10_000, outputBytesMax: 64 * 2 ** 10 };

export interface HostNamesOptions {
  readonly dispatcher: Pick<Dispatcher, "world">;
  readonly log: Pick<EventLog, "subscribe">;
  readonly processes: Pick<Processes, "run">;
  readonly clock: Pick<Clock, "after">;
  /** PATH for resolvectl. */
  readonly searchPath: string;
  readonly bridgeOf: (network: string) => string;
}

export interface HostNamesKeeper {
  view(): HostNames;
  close(): void;
}

/** From now on. */
export function keepHostNames(options: HostNamesOptions): HostNamesKeeper {
  const { dispatcher, log, clock } = options;
  const closing = new AbortController();
  let told: readonly NamedLink[] = [];
  let problem: string | undefined;
  let isBusy = false;
  let disarm = (): void => {};
  const isOn = () => settingOf(dispatcher.world().settings, hostNamesSetting) === "on";
  const wanted = () => (isOn() ? namedLinks(dispatcher.world(), options.bridgeOf) : []);

  const run = async (words: readonly string[]): Promise<void> => {
    const env = { PATH: options.searchPath, LC_ALL: "C" };
    const { exitCode, stderr } = await options.processes.run(words, { ...limits, env, signal: closing.signal });
    if (exitCode !== 0) throw new Error(stderr.trim().split("\n").at(-1) || `${words.join(" ")} failed`);
  };

  async function tell(links: readonly NamedLink[]): Promise<void> {
    // A link that is gone has taken along what it was told.
    const lost = told.filter((before) => !links.some((each) => isSame(each, before)));
    for (const each of lost) await run(revertingWords(each)).catch(() => undefined);
    told = told.filter((each) => !lost.includes(each));
    for (const each of links.filter((link) => !told.some((before) => isSame(link, before)))) {
      for (const words of tellingWords(each)) await run(words);
      told = [...told, each];
    }
  }

  function react(): void {
    const links = wanted();
    const isTrue = links.length === told.length && links.every((link) => told.some((each) => isSame(link, each)));
    if (isTrue) problem = undefined;
    if (isBusy || isTrue || closing.signal.aborted) return;
    isBusy = true;
    disarm();
    tell(links).then(
      () => settle(undefined),
      (error: unknown) => settle(messageOf(error)),
    );
  }

  function settle(why: string | undefined): void {
    isBusy = false;
    problem = why;
    if (why === undefined) react();
    else disarm = clock.after(againMs, react);
  }

  const unsubscribe = log.subscribe(react);
  react();
  return {
    view: () => ({ isOn: isOn(), links: told.length, ...(problem !== undefined && { problem }) }),
    close() {
      closing.abort();
      unsubscribe();
      disarm();
    },
  };
}

const isSame = (one: NamedLink, other: NamedLink): boolean => one.link === other.link && one.server === other.server;
