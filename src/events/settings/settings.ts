/** The daemon's settings: which keys there are, what they may be, and who set them when. */
import { z } from "zod";
import { exitCodes } from "../../errors.ts";
import { builtInHosts, hostListForm, isHostUrl, parseHostList } from "../../model/image-host.ts";
import { parseKeep } from "../../model/keep.ts";
import { nearest } from "../../model/name.ts";
import { parseSize } from "../../model/size.ts";
import { event, Rejected, undoMarks } from "../decider.ts";

export const SettingsEvent = z.discriminatedUnion("type", [
  event(
    "settings.changed",
    1,
    z.object({ number: z.int(), key: z.string(), value: z.string(), before: z.string(), ...undoMarks }),
  ),
]);
export type SettingsEvent = z.infer<typeof SettingsEvent>;

interface Setting {
  readonly default: string;
  readonly about: string;
  /** The allowed form, in words, and the check for it. */
  readonly form: string;
  readonly allows: (value: string) => boolean;
  /** Whether it is set is shown, and never to what. */
  readonly isHidden?: true;
}

const oneOf = (...values: string[]) => ({ form: values.join(", "), allows: (value: string) => values.includes(value) });

/** Does `parse` take it? */
const takes = (parse: (value: string) => unknown, value: string): boolean => {
  try {
    parse(value);
    return true;
  } catch {
    return false;
  }
};

const address = {
  form: "an address (http, https or file) without password and query, or nothing",
  allows: (value: string) => value === "" || isHostUrl(value),
};

const networkNameMax = 256;
/** `zone1`, `zone1:019a…,019b…`: ids of instances. */
const zoneEntry = /^[A-Za-z][\w.-]*(?::[\w-]+(?:,[\w-]+)*)?$/;

export const settings: Readonly<Record<string, Setting>> = {
  "audit.anchor": {
    default: "none",
    about:
      "where each seal of the log is sent as well; exec runs its command as the daemon, with the seal on standard input",
    form: "none, journald, file: and an absolute path, or exec: and a command",
    allows: (value) => /^(?:none|journald|file:\/[^\n\0]*[^/\n\0]|exec:[^\n\0]*\S[^\n\0]*)$/.test(value),
  },
  "audit.sink": {
    default: "none",
    about:
      "where each event is sent on, as a line of JSON; exec runs its command as the daemon, with events on standard input",
    form: "none, syslog, file: and an absolute path, or exec: and a command",
    allows: (value) => /^(?:none|syslog|file:\/[^\n\0]*[^/\n\0]|exec:[^\n\0]*\S[^\n\0]*)$/.test(value),
  },
  "auto-points": {
    default: "on",
    about: "points that make themselves: at each clean stop, before a disk grows, and hourly while a disk changes",
    ...oneOf("on", "off"),
  },
  "auto-points.limit": {
    default: "10G",
    about: "what the automatic points of all instances may take together; the oldest go first",
    form: "a size, for example 20G",
    allows: (value) => takes((text) => parseSize(text, "auto-points.limit"), value),
  },
  "driver.accelerator": {
    default: "auto",
    about: "how machines run: the fastest that works, or one by force",
    ...oneOf("auto", "kvm", "tcg"),
  },
  "driver.qemu": {
    default: "carried",
    about: "which QEMU: the one in this executable, the system's, or one at a path",
    form: "carried, system, or an absolute path",
    allows: (value) => value === "carried" || value === "system" || value.startsWith("/"),
  },
  "images.default": {
    default: "lts",
    about: "the image that launch takes when none is named",
    form: "a name that strata find shows, or HOST:NAME",
    allows: (value) => /^[\w.+-]+(?::[\w.+-]+)?$/.test(value),
  },
  "images.hosts": {
    default: builtInHosts.join(" "),
    about: "where images come from, in the order in which they are asked; STRATA_IMAGE_HOSTS comes before",
    form: hostListForm,
    allows: (value) => takes(parseHostList, value),
  },
  "images.keep": {
    default: "14d",
    about: "images that no instance has needed for so long are removed",
    form: "a time, for example 14d, or always",
    allows: (value) => takes(parseKeep, value),
  },
  "images.keyring": {
    default: "",
    about: "keys that must have signed the lists of simplestreams hosts (set it to the path of a keyring)",
    form: "the path of a file with OpenPGP public keys, or nothing",
    allows: (value) => /^(?:[0-9A-F]{40,64}(?: [0-9A-F]{40,64})*)?$/.test(value),
  },
  "images.mirror": { default: "", about: "a copy of cloud-images.ubuntu.com to ask instead", ...address },
  "images.mirror-debian": { default: "", about: "a copy of cloud.debian.org/images/cloud to ask instead", ...address },
  "images.mirror-fedora": { default: "", about: "an address with Fedora's releases.json to ask instead", ...address },
  "mounts.enabled": {
    default: "on",
    about: "whether folders of the host may be mounted into instances",
    ...oneOf("on", "off"),
  },
  "names.host": {
    default: "off",
    about: "whether this host finds NAME.strata of instances on a bridge, through systemd-resolved (root only)",
    ...oneOf("on", "off"),
  },
  "network.default": {
    default: "user",
    about:
      "how new instances are connected: each by a user-mode network of its own, or all to a bridge of the host (root only)",
    ...oneOf("user", "bridge"),
  },
  "networks.bridged": {
    default: "",
    about: "the network that --bridged means",
    form: `the name of a network, at most ${networkNameMax} characters, or nothing`,
    allows: (value) => value.length <= networkNameMax && /^\P{C}*$/u.test(value),
  },
  passphrase: {
    default: "",
    about: "what a client is asked for that is to be trusted (set it to a file that it is the first line of, or to -)",
    form: "a file with it, - for standard input, or nothing",
    allows: (value) => /^(?:scrypt:[0-9a-f]{32}:[0-9a-f]{128})?$/.test(value),
    isHidden: true,
  },
  "zones.unavailable": {
    default: "",
    about: "zones that are switched off, with the instances that ran there then",
    form: "ZONE or ZONE:ID,ID and more of them with spaces between, or nothing",
    allows: (value) => value === "" || value.split(" ").every((entry) => zoneEntry.test(entry)),
  },
};

export type SettingsState = Readonly<Record<string, string>>;

export interface ChangeSetting {
  readonly type: "change-setting";
  readonly key: string;
  readonly value: string;
  readonly undoes?: number;
  readonly redoes?: number;
}

export const settingOf = (state: SettingsState, key: string): string => state[key] ?? settings[key]?.default ?? "";

/** The value as people and lists are told it. */
export function shownSetting(key: string, value: string): string {
  const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
  return setting?.isHidden ? (value === "" ? "not set" : "set") : value;
}

export function decideSettings(command: ChangeSetting, state: SettingsState, nextNumber: number): SettingsEvent[] {
  const { key, value, undoes, redoes } = command;
  // Own keys only: `constructor` and its like are in every object.
  const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
  if (!setting)
    throw new Rejected("setting-unknown", `there is no setting "${key}"`, {
      exit: exitCodes.usage,
      hints: hintsFor(key),
    });
  if (!setting.allows(value)) {
    const meant = setting.isHidden ? undefined : nearest(value, setting.form.split(/,? (?:or )?/));
    const shown = setting.isHidden ? "that" : `"${withoutSecrets(value)}"`;
    throw new Rejected("setting-invalid", `${key} cannot be ${shown}`, {
      exit: exitCodes.usage,
      hints: [...(meant ? [["did you mean", meant] satisfies [string, string]] : []), ["form", setting.form]],
    });
  }
  const before = settingOf(state, key);
  if (before === value) return [];
  const marks = { ...(undoes !== undefined && { undoes }), ...(redoes !== undefined && { redoes }) };
  return [{ type: "settings.changed", version: 1, data: { number: nextNumber, key, value, before, ...marks } }];
}

export function evolveSettings(state: SettingsState, fact: SettingsEvent): SettingsState {
  return { ...state, [fact.data.key]: fact.data.value };
}

/** A refused address may hold what it was refused for: a password, or a token in its query. */
const withoutSecrets = (value: string): string => value.replace(/\/\/[^/@]*@/g, "//...@").replace(/\?.*$/s, "?...");

function hintsFor(key: string): [string, string][] {
  const meant = nearest(key, Object.keys(settings));
  return [...(meant ? [["did you mean", meant] satisfies [string, string]] : []), ["next", "strata get"]];
}
