/** What a new instance is to have of networks, from what its launch says: checked against the host, as far as the log does not tell. */
import type { Input } from "../../api/contract.ts";
import { exitCodes, UserError, type Hint } from "../../errors.ts";
import type { NetworkOfNew } from "../../events/instance/network-commands.ts";
import { settingOf } from "../../events/settings/settings.ts";
import { parseAllowNet } from "../../model/allow-net.ts";
import { nearest } from "../../model/name.ts";
import type { Attachment, Interface } from "../../model/network.ts";
import { bridgedWord, defaultNetwork, interfacesMax, macPattern } from "../../model/network-word.ts";
import { parseAddress } from "../../model/subnet.ts";
import { readHostInterfaces } from "../../networks/host-interfaces.ts";
import { freeMac } from "../free-mac.ts";
import type { Daemon } from "../handlers/context.ts";

type Given = Pick<Input<"instance.launch">, "networks" | "address" | "allowNet" | "makesBridges">;
type Word = NonNullable<Given["networks"]>[number];

export const bridgedSetting = "networks.bridged";
export const defaultSetting = "network.default";

/** How instances are connected that are made now. */
export const attachmentOf = ({ dispatcher }: Pick<Daemon, "dispatcher">): Attachment =>
  settingOf(dispatcher.world().settings, defaultSetting) === "bridge" ? "bridge" : "user";

export interface Joining {
  readonly joins: NetworkOfNew;
  /** Of its own card, where one was asked for. */
  readonly mac?: string;
}

/** Throws what is wrong with any of it, so that what cannot work leaves no trace. */
export async function readJoining(
  daemon: Daemon,
  { networks = [], address, allowNet, makesBridges }: Given,
): Promise<Joining> {
  const { networks: ours } = daemon.dispatcher.world();
  const isOurs = ({ name }: Word) => name === defaultNetwork || ours.has(name);
  const [own, ...more] = networks.filter(isOurs);
  if (more.length > 0) throw twice(own?.name ?? "", more[0]?.name ?? "");
  if (own?.mode !== undefined) throw notOfItsOwn(own);
  const interfaces: Interface[] = [];
  for (const word of networks.filter((each) => !isOurs(each)))
    interfaces.push(await readInterface(daemon, word, makesBridges === true));
  if (interfaces.length > interfacesMax) throw tooMany();
  return {
    joins: {
      place: {
        attachment: attachmentOf(daemon),
        ...(own && { network: own.name }),
        ...(address !== undefined && { address: parseAddress(address) }),
      },
      ...(allowNet !== undefined && { allowNet: parseAllowNet(allowNet) }),
      interfaces,
    },
    ...(own?.mac !== undefined && { mac: parseMac(own.mac) }),
  };
}

/** A card on an interface of the host. Throws `bridged-unset`, `interface-not-found`, `interface-unusable`, `needs-root`, `bridge-needed`. */
export async function readInterface(daemon: Daemon, word: Word, makesBridges: boolean): Promise<Interface> {
  const { mode = "auto" } = word;
  const network = word.name === bridgedWord ? bridgedName(daemon) : word.name;
  const mac = word.mac === undefined ? freeMac(daemon.dispatcher.world(), daemon) : parseMac(word.mac);
  const all = await readHostInterfaces(daemon.files);
  const found = all.find(({ name }) => name === network);
  if (!found)
    throw notFound(
      daemon,
      network,
      all.map(({ name }) => name),
    );
  if (!found.isUsable) throw unusable(network, found.description);
  const why = whyNoBridging(daemon);
  if (why) throw why;
  if (found.needsBridge && !makesBridges) throw bridgeNeeded(network);
  return { network, mac, mode };
}

function bridgedName({ dispatcher }: Daemon): string {
  const name = settingOf(dispatcher.world().settings, bridgedSetting);
  if (name !== "") return name;
  throw new UserError("bridged-unset", "nobody has said which network of the host --bridged means", {
    exit: exitCodes.usage,
    hints: [
      ["next", "strata networks"],
      ["then", `strata set ${bridgedSetting}=NAME`],
    ],
  });
}

/** Why this daemon connects nothing to the host's network. */
export function whyNoBridging({ config, networks }: Pick<Daemon, "config" | "networks">): UserError | undefined {
  if (config.user.uid !== 0)
    return new UserError(
      "needs-root",
      `only root connects instances to the host's network, and this daemon is ${config.user.name}'s`,
      {
        exit: exitCodes.refused,
        hints: [
          ["next", "sudo strata daemon install"],
          ["or", "without it: strata forward leads ports of the host to an instance"],
        ],
      },
    );
  if (!networks.canBridge)
    return new UserError("network-unavailable", "this host has no bridges that strata could make", {
      exit: exitCodes.refused,
    });
  return undefined;
}

function notFound({ dispatcher }: Daemon, name: string, interfaces: readonly string[]): UserError {
  const meant = nearest(name, [...interfaces, ...dispatcher.world().networks.keys()]);
  const hints: Hint[] = [
    ...(meant === undefined ? [] : [["did you mean", meant] satisfies Hint]),
    ["next", "strata networks"],
    ["or", "strata network list"],
  ];
  return new UserError("interface-not-found", `there is no network "${name}", neither strata's nor the host's`, {
    hints,
  });
}

const unusable = (name: string, description: string): UserError =>
  new UserError("interface-unusable", `no instance can be connected to ${name} (${description})`, {
    hints: [["next", "strata networks"]],
  });

const bridgeNeeded = (name: string): UserError =>
  new UserError(
    "bridge-needed",
    `a bridge has to be made for ${name}, which interrupts what runs over it for a moment`,
    {
      exit: exitCodes.refused,
      hints: [["did you mean", "--yes"]],
    },
  );

function parseMac(text: string): string {
  const mac = text.toLowerCase();
  if (macPattern.test(mac)) return mac;
  throw new UserError("mac-invalid", `"${text}" is no hardware address for a network card`, {
    exit: exitCodes.usage,
    hints: [["form", "52:54:00:12:34:56, an even first byte"]],
  });
}

const usage = (code: string, message: string, form: string): UserError =>
  new UserError(code, message, { exit: exitCodes.usage, hints: [["form", form]] });

const twice = (one: string, other: string): UserError =>
  usage("network-twice", `an instance is in one network of strata's, not in ${one} and ${other}`, "--network NAME");
const notOfItsOwn = ({ name }: Word): UserError =>
  usage(
    "network-invalid",
    `"${name}" is a network of strata's, whose addresses are given: it has no mode`,
    `--network ${name}`,
  );
const tooMany = (): UserError =>
  usage(
    "interfaces-too-many",
    `an instance has at most ${interfacesMax} network cards besides its own`,
    "--network NAME",
  );
