/** The NoCloud seed: what a fresh guest reads at its first boot (https://docs.cloud-init.io, datasource NoCloud). */
import { stringify } from "yaml";
import { assert } from "../errors.ts";
import { mergeCloudConfig, namesUsers, type Ours, yamlVersion } from "./cloud-config.ts";
import { writeIso } from "./iso9660.ts";
import type { KeyPair } from "./keys.ts";

export interface SeedPlan {
  /** Changes make cloud-init treat the guest as new; the instance's immutable id. */
  readonly instanceId: string;
  readonly hostname: string;
  /** Of the one network card, for example `52:54:00:12:34:56`. */
  readonly mac: string;
  /** Further network cards; `manual`: the guest is told nothing of it. */
  readonly cards?: readonly { readonly mac: string; readonly mode: "auto" | "manual" }[] | undefined;
  readonly user: string;
  /** The daemon's public key: the only way in. */
  readonly authorizedKey: string;
  /** The guest's SSH host key, made by the host so that it can be pinned. */
  readonly hostKey: KeyPair;
  /** Further cards may come and go between two boots. */
  readonly mayGetCards?: boolean;
  /** A `#cloud-config` text of the user's, to be merged with ours. A secret. */
  readonly cloudInit?: string | undefined;
}

/** The largest that drivers take. */
const seedBytesMax = 2 ** 20;

/** No line breaks: a long key must stay one line for readers that are no YAML parsers. */
const yaml = (value: unknown) => stringify(value, { lineWidth: 0, version: yamlVersion });
const cloudConfig = (data: unknown) => `#cloud-config\n${yaml(data)}`;

/** What must hold: it goes into user-data, which cloud-init ranks above all else. */
const oursOf = ({ hostname, user, authorizedKey, hostKey }: SeedPlan): Ours => ({
  user: {
    name: user,
    gecos: "strata",
    groups: "adm,sudo",
    sudo: "ALL=(ALL) NOPASSWD:ALL",
    shell: "/bin/bash",
    lock_passwd: true,
    ssh_authorized_keys: [authorizedKey],
  },
  keys: {
    hostname,
    // With a key given, cloud-init generates none; what the image brought along is deleted.
    ssh_deletekeys: true,
    ssh_genkeytypes: ["ed25519"],
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
  },
});

function userData(plan: SeedPlan): string {
  const ours = oursOf(plan);
  if (plan.cloudInit === undefined) return cloudConfig({ users: [ours.user], ...ours.keys });
  return mergeCloudConfig(plan.cloudInit, ours);
}

/** What is only a default: cloud-init ranks vendor-data below the user's own text. */
function vendorData({ user, cloudInit, mayGetCards = false }: SeedPlan): string {
  return cloudConfig({
    manage_etc_hosts: "localhost",
    ssh_pwauth: false,
    growpart: { mode: "auto", devices: ["/"] },
    resize_rootfs: true,
    // The seed of each boot has the cards that are there; to read it again costs an emulated boot a twentieth.
    ...(mayGetCards && { updates: { network: { when: ["boot-new-instance", "boot"] } } }),
    // A text that names no users means the default user with its `password` and its `ssh_authorized_keys`: that is ours.
    ...(cloudInit !== undefined && !namesUsers(cloudInit) && { user: { name: user } }),
  });
}

/** What a guest whose names are predictable calls a card, by the root port that it is on: the first has number 0. */
const nameOfCard = (port: number): string => `enp${port + 1}s0`;

/** The way out is that of the first card: whoever manages the guest's networks, 100 is less than what they would take. */
const ownMetric = 100;
const furtherMetric = 200;

/**
 * By MAC: names of network cards differ between images, and a match by name has failed with cloud-init 22.4 and networkd. The keys are
 * names all the same, since that one takes what overrides DHCP of nothing else; and of `search` without an address it takes nothing,
 * so that the domain where systemd's resolver looks for names without a dot comes by DHCP.
 */
function networkConfig({ mac, cards = [] }: SeedPlan): string {
  const asked = (macaddress: string) => ({ match: { macaddress }, dhcp4: true });
  const own = { "use-domains": true, "route-metric": ownMetric };
  const first = { ...asked(mac), "dhcp-identifier": "mac", "dhcp4-overrides": own };
  // Nobody waits for a network that may not answer.
  const further = cards.flatMap((card, index) => {
    const told = { ...asked(card.mac), "dhcp4-overrides": { "route-metric": furtherMetric }, optional: true };
    return card.mode === "auto" ? [[nameOfCard(index + 1), told] as const] : [];
  });
  return yaml({ version: 2, ethernets: { [nameOfCard(0)]: first, ...Object.fromEntries(further) } });
}

/** The seed as an ISO 9660 image labelled `cidata`. Throws as `checkCloudConfig` does. It holds the guest's private host key: a secret. */
export function makeSeed(plan: SeedPlan): Uint8Array {
  const text = (content: string) => new TextEncoder().encode(content);
  const image = writeIso("cidata", [
    { name: "meta-data", content: text(yaml({ "instance-id": plan.instanceId, "local-hostname": plan.hostname })) },
    { name: "user-data", content: text(userData(plan)) },
    { name: "vendor-data", content: text(vendorData(plan)) },
    { name: "network-config", content: text(networkConfig(plan)) },
  ]);
  assert(image.length <= seedBytesMax, "a seed, with a text within its limit, fits into 1 MiB");
  return image;
}
