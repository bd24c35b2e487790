/** The keys of an instance that are about networks: `allow-net`, and `bridged`, which is shorthand for a card on the network that --bridged means. */
import { exitCodes, UserError } from "../../errors.ts";
import type { Configuration } from "../../events/instance/commands.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { settingOf, type SettingsState } from "../../events/settings/settings.ts";
import { allowNetForm, parseAllowNet } from "../../model/allow-net.ts";
import { bridgedWord, formatInterfaces } from "../../model/network-word.ts";
import { bridgedSetting, defaultSetting, readInterface, whyNoBridging } from "../networks/joining.ts";
import type { Daemon } from "./context.ts";

export type NetworkKey = "allow-net" | "bridged";

interface KeyText {
  readonly about: string;
  readonly form: string;
  readonly default: string;
  value(state: InstanceState, settings: SettingsState): string;
}

export const networkKeys: Readonly<Record<NetworkKey, KeyText>> = {
  "allow-net": {
    about: "where it may speak to outside its network; counts at once",
    form: allowNetForm,
    default: "all",
    value: ({ allowNet }) => allowNet ?? "all",
  },
  bridged: {
    about: `has a network card on the network that ${bridgedSetting} names; changes while it is off`,
    form: "true or false",
    default: "false",
    value: (state, settings) => String(bridgedCards(state, settings).length > 0),
  },
};

export const isNetworkKey = (text: string): text is NetworkKey => Object.hasOwn(networkKeys, text);

const bridgedCards = ({ interfaces = [] }: InstanceState, settings: SettingsState) =>
  interfaces.filter(({ network }) => network === settingOf(settings, bridgedSetting));

/** What the key's new value comes to. Throws `allow-net-invalid`, `setting-invalid`, and as `readInterface`. */
export async function networkConfigure(
  daemon: Daemon,
  state: InstanceState,
  key: NetworkKey,
  { value, makesBridges = false }: { readonly value: string; readonly makesBridges?: boolean | undefined },
): Promise<Configuration> {
  if (key === "allow-net") return { key, value: parseAllowNet(value) };
  const { settings } = daemon.dispatcher.world();
  const { interfaces = [], name } = state;
  const bridged = bridgedCards(state, settings);
  if (value !== "true" && value !== "false") throw invalid(`local.${name}.${key}`, value, networkKeys[key].form);
  const others = interfaces.filter((each) => !bridged.includes(each));
  const isSo = bridged.length > 0 === (value === "true");
  const added = isSo || value === "false" ? [] : [await readInterface(daemon, { name: bridgedWord }, makesBridges)];
  return { key: "interfaces", value: formatInterfaces(isSo ? interfaces : [...others, ...added]) };
}

/** Throws `needs-root` for a network that this daemon cannot give. */
export function admitSetting(daemon: Daemon, key: string, value: string): void {
  const why = key === defaultSetting && value === "bridge" ? whyNoBridging(daemon) : undefined;
  if (why) throw why;
}

/** Multipass's name for a setting of strata's. */
export const ownKey = (key: string): string => (key === "local.bridged-network" ? bridgedSetting : key);

const invalid = (key: string, value: string, form: string) =>
  new UserError("setting-invalid", `${key} cannot be "${value}"`, { exit: exitCodes.usage, hints: [["form", form]] });
