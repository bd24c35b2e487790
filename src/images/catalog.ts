/** What the hosts offer, remembered for 6 hours in memory and on disk, and used longer when a host cannot be reached. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import { Offer } from "../model/offer.ts";
import type { Outside } from "../model/outside.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import { sha256Hex } from "../sys/hash.ts";
import { type ImageHost, listingInvalidCode } from "./host.ts";
import { createReader } from "./reader.ts";
import { createShare } from "./shared.ts";
import { createVerify } from "./signature.ts";
import { unreachable, unreachableCode, type Web } from "./web.ts";

/** A host's offers, and how old they are. */
export interface Shelf {
  readonly offers: readonly Offer[];
  readonly fetchedAt: string;
  /** Why they are older than they should be. */
  readonly stale?: UserError;
}

export interface AskOptions {
  readonly outside: Pick<Outside, "proxies" | "certificates">;
  readonly signal: AbortSignal;
  /** Ask the host however young what we have is. */
  readonly force?: boolean;
  /** Ask nobody, however old what we have is. */
  readonly isOffline?: boolean;
}

export interface Catalog {
  /** Rejects with `image-host-unreachable`, `image-listing-invalid`, `image-signature-invalid` or the signal's reason. */
  offers(host: ImageHost, options: AskOptions): Promise<Shelf>;
}

export interface CatalogOptions {
  readonly directory: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly web: Web;
  readonly architecture: string;
  /** Keyrings that are trusted with a host's lists; none: lists are taken as they come. */
  readonly keyrings: (host: ImageHost) => Promise<readonly Uint8Array[]>;
}

const freshMs = 6 * 3_600_000;
/** A host that failed is not asked again sooner, so that an error is not waited for twice. */
const failedMs = 20_000;
const listMsMax = 60_000;
const shelvesMax = 64;
const fileBytesMax = 8 * 2 ** 20;

const Stored = z.object({ root: z.string(), fetchedAt: z.string(), offers: z.array(Offer) });

export function createCatalog(options: CatalogOptions): Catalog {
  const { clock } = options;
  const shelves = new Map<string, Shelf>();
  const failures = new Map<string, { readonly error: UserError; readonly atMs: number }>();
  const share = createShare<Shelf>();

  const ask = async (
    key: string,
    host: ImageHost,
    keyrings: readonly Uint8Array[],
    how: AskOptions,
  ): Promise<Shelf> => {
    try {
      const offers = await list(options, host, keyrings, how);
      const shelf = { offers, fetchedAt: clock.now().toISOString() };
      shelves.set(key, shelf);
      failures.delete(key);
      await keep(options, key, { root: host.root, ...shelf });
      return shelf;
    } catch (error) {
      if (error instanceof UserError && !how.signal.aborted) failures.set(key, { error, atMs: clock.monotonicMs() });
      throw error;
    }
  };

  return {
    async offers(host, how) {
      if (isLocal(host))
        return {
          offers: await list(options, host, await options.keyrings(host), how),
          fetchedAt: clock.now().toISOString(),
        };
      const keyrings = await options.keyrings(host);
      const key = keyOf(host, keyrings);
      const known = shelves.get(key) ?? (await load(options, key));
      if (known) shelves.set(key, known);
      if (known && (how.isOffline || (!how.force && ageMs(clock, known) < freshMs))) return known;
      if (how.isOffline) throw unreachable(host.root, "it was never asked");
      const failed = failures.get(key);
      try {
        if (failed && !how.force && clock.monotonicMs() - failed.atMs < failedMs) throw failed.error;
        return await share(key, how.signal, (signal) => ask(key, host, keyrings, { ...how, signal }));
      } catch (error) {
        const isAway = error instanceof UserError && [unreachableCode, listingInvalidCode].includes(error.code);
        if (known && isAway) return { ...known, stale: error };
        throw error;
      }
    },
  };
}

const isLocal = ({ root }: ImageHost): boolean => root.startsWith("file:");
const ageMs = (clock: Clock, { fetchedAt }: Shelf): number => Math.abs(clock.now().getTime() - Date.parse(fetchedAt));
/** Other keys, another list: what was taken unsigned does not stay. */
const keyOf = ({ name, root }: ImageHost, keyrings: readonly Uint8Array[]): string =>
  sha256Hex(Buffer.from([name, root, ...keyrings.map(sha256Hex)].join("\n"))).slice(0, 32);

/** Asks the host, for at most a minute. */
async function list(
  { clock, web, files, architecture }: CatalogOptions,
  host: ImageHost,
  keyrings: readonly Uint8Array[],
  { outside, signal }: AskOptions,
): Promise<Offer[]> {
  const late = new AbortController();
  const disarm = clock.after(listMsMax, () =>
    late.abort(unreachable(host.root, `its list did not come within ${listMsMax / 1000} s`)),
  );
  const reader = createReader({ web, files, outside, signal: AbortSignal.any([signal, late.signal]) });
  try {
    const offers = await host.list({
      reader,
      architecture,
      ...(keyrings.length > 0 && { verify: createVerify(keyrings) }),
    });
    return z.array(Offer).parse(offers);
  } finally {
    disarm();
  }
}

async function load({ directory, files }: CatalogOptions, key: string): Promise<Shelf | undefined> {
  const path = `${directory}/${key}.json`;
  try {
    const status = await files.stat(path);
    if (status?.kind !== "file" || status.bytes > fileBytesMax) return undefined;
    const { offers, fetchedAt } = Stored.parse(JSON.parse(new TextDecoder().decode(await files.read(path))));
    return { offers, fetchedAt };
  } catch {
    // It is a cache: what cannot be read is fetched again.
    return undefined;
  }
}

/** Keeps it for a time without the host. A full disk is no reason to fail: what was fetched is good. */
async function keep({ directory, files }: CatalogOptions, key: string, stored: z.infer<typeof Stored>): Promise<void> {
  try {
    await files.makeDirectory(directory, 0o755);
    await files.writeAtomically(`${directory}/${key}.json`, Buffer.from(JSON.stringify(stored)), 0o644);
    const all = await Promise.all(
      (await files.list(directory)).map(async (name) => ({
        name,
        at: (await files.stat(`${directory}/${name}`))?.modifiedMs ?? 0,
      })),
    );
    const old = all.sort((a, b) => b.at - a.at).slice(shelvesMax);
    for (const { name } of old) await files.remove(`${directory}/${name}`);
  } catch {
    return;
  }
}
