/** The launch form: what was typed, what is wrong with it, the request that it becomes, and the command line that does the same. */
import { messageOf } from "../../errors.ts";
import type { Secret } from "../../model/secret.ts";
import { parseAllowNet } from "../../model/allow-net.ts";
import { parseLabel } from "../../model/label.ts";
import { parseLifetime } from "../../model/lifetime.ts";
import { parseName } from "../../model/name.ts";
import { lineOf } from "../../model/shell-line.ts";
import { parseSize } from "../../model/size.ts";
import { optionWords } from "./option-words.ts";

/** As typed; empty means that the daemon chooses. */
export interface LaunchForm {
  readonly image: string;
  readonly name: string;
  readonly cpus: string;
  readonly memory: string;
  readonly disk: string;
  readonly network: string;
  readonly allowNet: string;
  readonly expires: string;
  readonly ephemeral: boolean;
  /** `KEY=VALUE`, with spaces or commas between. */
  readonly labels: string;
  readonly cloudInit: string;
  readonly reason: string;
}

export type LaunchField = keyof LaunchForm;

export const emptyLaunch: LaunchForm = {
  image: "",
  name: "",
  cpus: "",
  memory: "",
  disk: "",
  network: "",
  allowNet: "",
  expires: "",
  ephemeral: false,
  labels: "",
  cloudInit: "",
  reason: "",
};

/** The parts of `instance.launch` that the form fills. */
export interface LaunchRequest {
  image?: { name: string };
  name?: string;
  cpus?: number;
  memory?: number;
  disk?: number;
  networks?: { name: string }[];
  allowNet?: string;
  lifetimeMs?: number;
  ephemeral?: boolean;
  labels?: Record<string, string>;
  cloudInit?: Secret<string>;
  reason?: string;
}

export interface ReadLaunch {
  readonly request: LaunchRequest;
  /** What is wrong, by field; empty when it can be sent. */
  readonly faults: Readonly<Partial<Record<LaunchField, string>>>;
  readonly line: string;
}

const cpusMax = 255;

export function readLaunch(form: LaunchForm): ReadLaunch {
  const faults: Partial<Record<LaunchField, string>> = {};
  const read = <Value>(field: LaunchField, parse: (text: string) => Value): Value | undefined => {
    const text = String(form[field]).trim();
    if (text === "") return undefined;
    try {
      return parse(text);
    } catch (error) {
      faults[field] = messageOf(error);
      return undefined;
    }
  };
  const given = <Key extends keyof LaunchRequest>(key: Key, value: LaunchRequest[Key] | undefined) =>
    value === undefined ? {} : { [key]: value };
  const image = read("image", (text) => text);
  const network = read("network", (text) => text);
  const request: LaunchRequest = {
    ...given("image", image === undefined ? undefined : { name: image }),
    ...given("name", read("name", parseName)),
    ...given("cpus", read("cpus", parseCpus)),
    ...given(
      "memory",
      read("memory", (text) => parseSize(text, "memory")),
    ),
    ...given(
      "disk",
      read("disk", (text) => parseSize(text, "disk")),
    ),
    ...given("networks", network === undefined || network === "default" ? undefined : [{ name: network }]),
    ...given("allowNet", read("allowNet", parseAllowNet)),
    ...given("lifetimeMs", read("expires", parseLifetime)),
    ...given("ephemeral", form.ephemeral || undefined),
    ...given("labels", read("labels", parseLabels)),
    ...given("cloudInit", form.cloudInit.trim() === "" ? undefined : (form.cloudInit as Secret<string>)),
    ...given(
      "reason",
      read("reason", (text) => text),
    ),
  };
  return { request, faults, line: lineOf(wordsOf(form)) };
}

function parseCpus(text: string): number {
  const cpus = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (cpus >= 1 && cpus <= cpusMax) return cpus;
  throw new Error(`a whole number from 1 to ${cpusMax}`);
}

const parseLabels = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(parseLabel),
  );

function wordsOf(form: LaunchForm): string[] {
  const { image, name, cpus, memory, disk, network, allowNet, expires, ephemeral, labels, cloudInit, reason } = form;
  return [
    "strata",
    "launch",
    ...(image.trim() === "" ? [] : [image.trim()]),
    ...optionWords("--name", name),
    ...optionWords("--cpus", cpus),
    ...optionWords("--memory", memory),
    ...optionWords("--disk", disk),
    ...optionWords("--network", network === "default" ? "" : network),
    ...optionWords("--allow-net", allowNet),
    ...optionWords("--expires", expires),
    ...(ephemeral ? ["--ephemeral"] : []),
    ...labels
      .split(/[\s,]+/)
      .filter(Boolean)
      .flatMap((label) => ["--label", label]),
    ...(cloudInit.trim() === "" ? [] : ["--cloud-init", "FILE"]),
    ...optionWords("--reason", reason),
  ];
}
