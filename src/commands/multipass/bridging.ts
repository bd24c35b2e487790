/** Cards on networks of this machine, in the reference's words: what there is, and the question before a bridge is made. */
import type { HostInterface } from "../../model/network.ts";
import { isYes } from "./answers.ts";
import type { MultipassContext } from "./context.ts";
import { failed } from "./stop.ts";

/** Why, in the reference's words first, then in ours. */
export const noBridgingText = (why: string): string =>
  `The networks feature is not implemented on this backend.\n${why}`;

/** Those that instances can be connected to. `why`: none can, whatever the list says. */
export async function readInterfaces({ api }: Pick<MultipassContext, "api">): Promise<{
  readonly usable: readonly HostInterface[];
  readonly why?: string | undefined;
}> {
  const { interfaces, why } = await api.call("host.interfaces", {});
  return { usable: interfaces.filter(({ isUsable }) => isUsable), why };
}

/** Those of `names` for which a bridge has to be made. */
export const unbridged = (usable: readonly HostInterface[], names: readonly string[]): string[] => [
  ...new Set(names.filter((name) => usable.some((each) => each.name === name && each.needsBridge))),
];

/** Returns when bridges may be made. Throws `Stop`. */
export async function confirmBridges(context: MultipassContext, verb: string, names: readonly string[]): Promise<void> {
  const which = names.join(", ");
  const needed = `Multipass needs to create a bridge to connect to ${which}.\nThis will temporarily disrupt connectivity on that interface.`;
  if (!context.isLive) throw failed(verb, `${needed}\nThere is nobody to ask here.`);
  if (!(await isYes(context, `${needed}\n\nDo you want to continue (yes/no)?`)))
    throw failed(verb, `Cannot connect to ${which} without a bridge.`);
}
