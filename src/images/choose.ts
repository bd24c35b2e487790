/** Which offer a name means: the hosts are asked in their order, and the folder beside the executable when they have failed. */
import { exitCodes, type Hint, messageOf, UserError } from "../errors.ts";
import { formatDuration } from "../model/duration.ts";
import { fileForm, mirrorHint } from "../model/image-host.ts";
import { nearest } from "../model/name.ts";
import { hostOf, splitImage } from "../model/image-name.ts";
import type { Offer } from "../model/offer.ts";
import type { AskOptions, Catalog, Shelf } from "./catalog.ts";
import { type ImageHost, listingInvalidCode } from "./host.ts";
import { unreachableCode } from "./web.ts";

export const hostUnknownCode = "image-host-unknown";

export interface Chosen {
  readonly offer: Offer;
  /** What the user should know about how it was found. */
  readonly notes: readonly string[];
}

export interface ChooseOptions extends AskOptions {
  readonly catalog: Catalog;
  readonly hosts: readonly ImageHost[];
  /** The folder beside the executable. */
  readonly folder: ImageHost;
  readonly nowMs: number;
}

interface Asked {
  readonly host: ImageHost;
  readonly shelf?: Shelf;
  readonly error?: UserError;
}

/** Rejects with `image-not-found`, `image-host-unknown`, `image-host-unreachable`, `image-signature-invalid`. */
export async function chooseImage(text: string, options: ChooseOptions): Promise<Chosen> {
  const { host, name } = splitImage(text);
  const candidates = host === undefined ? hostsFor(name, options.hosts) : [hostNamed(host, options)];
  const asked: Asked[] = [];
  for await (const each of askInOrder(candidates, options)) {
    asked.push(each);
    const offer = each.shelf && offerNamed(each.shelf, name);
    if (offer) return { offer, notes: staleNote(each, options.nowMs) };
  }
  const folder = host === undefined ? await askHost(options.folder, options) : undefined;
  const offer = folder?.shelf && offerNamed(folder.shelf, name);
  if (offer) return { offer, notes: fallbackNotes(asked) };
  throw notFound(text, asked, folder);
}

/** One after the other; once one has failed, all others at once, so that their silence is waited for only once. */
async function* askInOrder(hosts: readonly ImageHost[], options: ChooseOptions): AsyncGenerator<Asked> {
  for (const [index, host] of hosts.entries()) {
    const asked = await askHost(host, options);
    yield asked;
    if (!asked.error) continue;
    const others = hosts.slice(index + 1).map((other) => askHost(other, options));
    for (const other of others) other.catch(() => undefined);
    for (const other of others) yield await other;
    return;
  }
}

/** Everybody's answer, failures beside the others. */
export const askAll = (
  hosts: readonly ImageHost[],
  options: Omit<ChooseOptions, "hosts" | "folder" | "nowMs">,
): Promise<Asked[]> => Promise.all(hosts.map((host) => askHost(host, options)));

/** Hosts that may have the name: where one claims it, the other built-in ones are not asked. */
function hostsFor(name: string, hosts: readonly ImageHost[]): ImageHost[] {
  const isClaimed = hosts.some((host) => host.claims?.(name));
  return hosts.filter((host) => (host.claims ? host.claims(name) : !isClaimed || !isUbuntu(host)));
}

const isUbuntu = ({ name }: ImageHost): boolean => name === "release" || name === "daily";

function hostNamed(name: string, { hosts, folder }: ChooseOptions): ImageHost {
  const all = [...hosts, folder];
  const found = all.find((host) => host.name === name);
  if (found) return found;
  throw hostUnknown(
    name,
    all.map((host) => host.name),
  );
}

/** `names` are those that there are. */
export function hostUnknown(name: string, names: readonly string[]): UserError {
  const close = nearest(name, names);
  return new UserError(hostUnknownCode, `there is no image host "${name}"`, {
    exit: exitCodes.usage,
    hints: [
      ...(close === undefined ? [] : [["did you mean", close] as const]),
      ["there are", names.join(", ")],
      ["next", "strata find"],
    ],
  });
}

/** A host that is away or talks nonsense is told of; a refused signature ends it all. */
async function askHost(
  host: ImageHost,
  { catalog, ...how }: Pick<ChooseOptions, "catalog" | keyof AskOptions>,
): Promise<Asked> {
  try {
    return { host, shelf: await catalog.offers(host, how) };
  } catch (error) {
    if (error instanceof UserError && [unreachableCode, listingInvalidCode].includes(error.code))
      return { host, error };
    throw error;
  }
}

const offerNamed = ({ offers }: Shelf, name: string): Offer | undefined =>
  offers.find(({ names }) => names.includes(name));

function staleNote({ host, shelf }: Asked, nowMs: number): string[] {
  if (!shelf?.stale) return [];
  const age = formatDuration(Math.max(0, nowMs - Date.parse(shelf.fetchedAt)));
  return [`${messageOf(shelf.stale)}; its list of ${age} ago is used (${host.name})`];
}

const failuresOf = (asked: readonly Asked[]): string[] => [
  ...new Set(asked.flatMap(({ error }) => (error ? [error.message] : []))),
];

const fallbackNotes = (asked: readonly Asked[]): string[] => {
  const failures = failuresOf(asked);
  return failures.length === 0 ? [] : [`${failures.join("; ")}\nthe image beside the program is taken`];
};

function notFound(text: string, asked: readonly Asked[], folder: Asked | undefined): UserError {
  const failures = failuresOf(asked);
  const offers = [...asked, ...(folder ? [folder] : [])].flatMap(({ shelf }) => shelf?.offers ?? []);
  const isBlind = asked.length > 0 && asked.every(({ shelf }) => shelf === undefined);
  if (isBlind) return allAway(text, failures, folder);
  const hints: Hint[] = [];
  const { host, name } = splitImage(text);
  const meant = suggestion(name, offers);
  if (meant !== undefined) hints.push(["did you mean", host === undefined ? meant : `${host}:${meant}`]);
  if (failures.length > 0) hints.push(["not asked", failures.join("; ")]);
  return new UserError("image-not-found", `no image "${text}"`, { hints: [...hints, ["next", "strata find"]] });
}

/** `jammy (Ubuntu 22.04 LTS)` */
export function suggestion(name: string, offers: readonly Offer[]): string | undefined {
  // One letter is near everything.
  const names = offers.flatMap((offer) => offer.names.filter((each) => each.length > 2));
  const close = nearest(name, names);
  const offer = offers.find((each) => close !== undefined && each.names.includes(close));
  return offer && `${close} (${offer.title})`;
}

function allAway(text: string, failures: readonly string[], folder: Asked | undefined): UserError {
  const here = folder?.shelf?.offers[0]?.names[0];
  return new UserError(unreachableCode, `no image "${text}" is at hand, and ${failures.join("; ")}`, {
    hints: [
      ["next", here === undefined ? fileForm : `strata launch ${here}`],
      mirrorHint,
      ...(here === undefined ? [] : [["or", fileForm] as const]),
    ],
  });
}

/** The name to type for it: without the host where the name alone means it. */
export const shownName = ({ host, names: [name = ""] }: Offer): string =>
  ["release", "debian", "fedora", "folder"].includes(host) ? name : `${host}:${name}`;

/** `Ubuntu 24.04 LTS, 598M from cloud-images.ubuntu.com` is said with this. */
export const placeOf = ({ url }: Offer): string =>
  url.startsWith("file:") ? "the folder beside the program" : hostOf(url);
