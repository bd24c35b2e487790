/** What is checked before a launch becomes an intent, so that what cannot work leaves no trace. */
import type { Input } from "../../api/contract.ts";
import { freeBytesFloor } from "../../drivers/limits.ts";
import { exitCodes, UserError } from "../../errors.ts";
import type { ImageState } from "../../events/image/image.ts";
import type { World } from "../../events/world.ts";
import type { ImageSource } from "../../events/instance/events.ts";
import { defaultSpecs, diskMax, diskMin, memoryMin, type Specs } from "../../model/instance.ts";
import { settingOf } from "../../events/settings/settings.ts";
import { hostUnknownCode, shownName } from "../../images/choose.ts";
import { directHost } from "../../images/supply.ts";
import { unreachableCode } from "../../images/web.ts";
import { sentHost } from "../../model/image-host.ts";
import { shownUrl } from "../../model/image-name.ts";
import { nearest } from "../../model/name.ts";
import { formatSize } from "../../model/size.ts";
import { imageNotFound } from "../image-effect.ts";
import type { Order } from "../orders.ts";
import type { Caller, Daemon } from "./context.ts";
import { reachOf } from "./images.ts";

/** Processors that a guest may have for each of the host's; beyond it, it only waits for itself. */
const processorsFactorMax = 4;
const processorsAlwaysAllowed = 8;

/** Throws what `admitSpecs` does, or `no-space` (exit 2). */
export async function admitLaunch(daemon: Daemon, specs: Specs): Promise<void> {
  admitSpecs(daemon, specs);
  await admitBytes(daemon, "a launch", 0);
}

/** Throws `memory-too-small`, `disk-too-small`, `cpus-too-many`, `disk-too-large` or `memory-too-large` (exit 1). */
export function admitSpecs({ memoryBytes, processors }: Daemon, specs: Specs): void {
  const processorsMax = Math.max(processorsAlwaysAllowed, processors * processorsFactorMax);
  if (specs.cpus > processorsMax) {
    throw new UserError(
      "cpus-too-many",
      `${specs.cpus} cpus are more than this host can serve (it has ${processors})`,
      {
        exit: exitCodes.usage,
        hints: [["did you mean", `--cpus ${processorsMax}`]],
      },
    );
  }
  if (specs.disk > diskMax) {
    throw new UserError(
      "disk-too-large",
      `disk ${formatSize(specs.disk)} is more than a disk may have (${formatSize(diskMax)})`,
      { exit: exitCodes.usage, hints: [["did you mean", `--disk ${formatSize(defaultSpecs.disk)}`]] },
    );
  }
  atLeast("memory", specs.memory, memoryMin, memoryMin);
  // The least disk there may be is rarely enough for an image.
  atLeast("disk", specs.disk, diskMin, defaultSpecs.disk);
  if (specs.memory > memoryBytes) {
    throw new UserError(
      "memory-too-large",
      `memory ${formatSize(specs.memory)} is more than this host has (${formatSize(memoryBytes)})`,
      {
        exit: exitCodes.usage,
        hints: [["did you mean", `--memory ${formatSize(Math.min(memoryBytes, defaultSpecs.memory))}`]],
      },
    );
  }
}

/** Throws `no-space` when `what`, which takes that many bytes, would go below the floor. */
export async function admitBytes({ config, files }: Daemon, what: string, bytes: number): Promise<void> {
  const { freeBytes } = await files.space(config.directory);
  const needed = bytes + freeBytesFloor;
  if (freeBytes >= needed) return;
  throw new UserError(
    "no-space",
    `${formatSize(freeBytes)} are free in ${config.directory}; ${what} needs ${formatSize(needed)}`,
    {
      hints: [
        ["why", "stopping, deleting and the log must still work on a full disk"],
        ["next", "strata purge"],
      ],
    },
  );
}

function atLeast(what: string, value: number, min: number, better: number): void {
  if (value >= min) return;
  throw new UserError(`${what}-too-small`, `${what} ${formatSize(value)} is below the minimum of ${formatSize(min)}`, {
    exit: exitCodes.usage,
    hints: [["did you mean", `--${what} ${formatSize(better)}`]],
  });
}

/** What is launched, and what the fetching of it needs and the log must not hold. */
export interface Source {
  readonly image: ImageSource;
  readonly order?: Order;
  /** It has to be fetched, which takes a time of its own. */
  readonly isFetched: boolean;
}

/**
 * The image that was sent before, or that a name means: one of the folder's, one that was brought from a file, else what a host
 * offers. Rejects with `image-not-found` and as `Supply.choose` does.
 */
export async function findSource(
  daemon: Daemon,
  input: Input<"instance.launch">,
  caller: Caller,
  signal: AbortSignal,
): Promise<Source> {
  const { folder, dispatcher } = daemon;
  const { images, settings } = dispatcher.world();
  const wanted: ImageSource = input.image ?? { name: settingOf(settings, "images.default") };
  const { name, sha256 } = wanted;
  if (sha256 !== undefined && images.has(sha256)) return { image: { name, sha256 }, isFetched: false };
  if (sha256 !== undefined) throw await imageNotFound(folder, name);
  if (await folder.find(name)) return { image: { name }, isFetched: false };
  const sent = newestNamed(images, name, ({ source: { host } = { host: sentHost } }) => isUnlisted(host));
  if (sent) return { image: { name, sha256: sent.sha256 }, isFetched: false };
  return askHosts(daemon, name, await reachOf(daemon, input.outside, caller), signal);
}

const isUnlisted = (host: string): boolean => host === sentHost || host === directHost;

async function askHosts(
  daemon: Daemon,
  name: string,
  { hosts, outside }: Awaited<ReturnType<typeof reachOf>>,
  signal: AbortSignal,
): Promise<Source> {
  const { supply, dispatcher } = daemon;
  try {
    const { offer, notes } = await supply.choose(name, { hosts, outside, signal });
    const image = { name: shownName(offer), offer: { ...offer, url: shownUrl(offer.url) } };
    return { image, order: { outside, url: offer.url, notes }, isFetched: true };
  } catch (error) {
    if (error instanceof UserError && error.code === "image-not-found") throw await withOwnNames(daemon, name, error);
    // No list is at hand, but what came from one may be.
    const known = newestNamed(dispatcher.world().images, name, () => true);
    const isGone = error instanceof UserError && [unreachableCode, hostUnknownCode].includes(error.code);
    if (!known || !isGone)
      throw error instanceof UserError && error.code === unreachableCode
        ? await withOwnNames(daemon, name, error)
        : error;
    const notes = [`${error.message}; the image that came before is taken`];
    return { image: { name, sha256: known.sha256 }, order: { outside, notes }, isFetched: false };
  }
}

function newestNamed(images: World["images"], name: string, isMeant: (image: ImageState) => boolean) {
  const named = [...images.values()].filter((image) => image.name === name && isMeant(image));
  return named.sort((a, b) => (a.addedAt < b.addedAt ? 1 : -1))[0];
}

/** Names of the folder and of the vault can have been meant as well. */
async function withOwnNames({ folder, dispatcher }: Daemon, name: string, error: UserError): Promise<UserError> {
  const kept = [...dispatcher.world().images.values()].map((image) => image.name);
  const close = nearest(name, [...(await folder.names()), ...kept]);
  if (close === undefined || error.hints.some(([label]) => label === "did you mean")) return error;
  return new UserError(error.code, error.message, {
    exit: error.exit,
    hints: [["did you mean", close] as const, ...error.hints].slice(0, 3),
    cause: error,
  });
}
