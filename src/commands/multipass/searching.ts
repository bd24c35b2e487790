/** Which images a line of `multipass find` means; loaded when they are looked for. */
import { UserError } from "../../errors.ts";
import type { FoundImages } from "../../model/view.ts";
import type { MultipassContext } from "./context.ts";
import { remoteUnknown } from "./launch/failure.ts";
import { failed } from "./stop.ts";

export interface Search {
  /** Empty: all that there are. */
  readonly remote: string;
  /** Empty: every image. */
  readonly text: string;
  readonly isForced: boolean;
  /** Those that are not looked after any more as well. */
  readonly isAll: boolean;
}

/** Throws `Stop`, and what the daemon says. */
export async function searchImages(context: MultipassContext, search: Search): Promise<FoundImages["offers"]> {
  const { remote, text, isForced, isAll } = search;
  const found = await ask(context, remote, isForced);
  const isAway = remote !== "" && found.offers.length === 0 && found.hosts.some(({ failure }) => failure);
  if (isAway) throw failed("find", remoteUnknown(remote));
  if (remote === "") tellFailures(context, found);
  const wanted = found.offers.filter(({ isSupported }) => isSupported || isAll);
  if (text === "") return wanted;
  const fitting = wanted.filter((offer) => isMeant(offer, text));
  // The first remote that has it answers; a named one is the only one.
  return fitting.filter(({ host }) => host === fitting[0]?.host);
}

async function ask({ api, outside }: MultipassContext, remote: string, force: boolean): Promise<FoundImages> {
  try {
    return await api.call("image.find", {
      text: "",
      ...(remote !== "" && { host: remote }),
      force,
      outside: await outside(),
    });
  } catch (error) {
    if (error instanceof UserError && error.code === "image-host-unknown") throw failed("find", remoteUnknown(remote));
    throw error;
  }
}

/** By a whole name, or by the start of its hash. */
const isMeant = ({ names, digest = "" }: FoundImages["offers"][number], text: string): boolean =>
  names.includes(text) || (digest.split(":")[1] ?? "").startsWith(text.toLowerCase());

/** What could not be asked is missing in the answer. */
function tellFailures({ say }: MultipassContext, { hosts }: FoundImages): void {
  for (const message of new Set(hosts.flatMap(({ failure }) => failure?.message ?? []))) say(`warning: ${message}`);
}
