/** The calls about images: what hosts offer, what the vault holds, and what is removed from it. */
import type { Input, Output } from "../../api/contract.ts";
import type { CallHandlers } from "../../api/server.ts";
import { UserError } from "../../errors.ts";
import { upcast } from "../../events/catalog.ts";
import { ImageEvent } from "../../events/image/events.ts";
import type { ImageState } from "../../events/image/image.ts";
import { viewImage, viewImages } from "../../events/projections/images.ts";
import { settingOf } from "../../events/settings/settings.ts";
import type { RememberedCommand, World } from "../../events/world.ts";
import { askAll, hostUnknown, shownName, suggestion } from "../../images/choose.ts";
import { hostsFor } from "../../images/hosts.ts";
import { folderHost } from "../../model/image-host.ts";
import { nearest } from "../../model/name.ts";
import type { Offer } from "../../model/offer.ts";
import type { Outside } from "../../model/outside.ts";
import type { ImageView } from "../../model/view.ts";
import { removeImage, unusedImages } from "../pruning.ts";
import { change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

type Names = "image.list" | "image.find" | "image.remove" | "image.prune" | "image.trust";

export function imageHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, Names> {
  const { dispatcher, clock } = daemon;
  const asking = ({ command, reason }: { command: string; reason?: string | undefined }, caller: Caller) => ({
    by: caller.actor,
    command,
    ...(reason !== undefined && { reason }),
  });
  return {
    "image.list": () => dispatcher.read(viewImages),
    "image.find": (input, caller) => find(daemon, input, caller),
    "image.remove": async (input, caller) => {
      const seen = dispatcher.remembered(input.command);
      if (seen) return removedBefore(daemon, seen, input.image);
      const world = dispatcher.world();
      const view = viewImage(world, imageNamed(world, input.image));
      await removeImage(daemon, view.sha256, asking(input, caller));
      return view;
    },
    "image.prune": async (input, caller) => {
      const world = dispatcher.world();
      const unused = unusedImages(world, clock.now().getTime() - input.unusedMs).map((image) =>
        viewImage(world, image),
      );
      // Each is a command of its own; the first has the request's id. A repeat goes on with what a crash left of them.
      let next = dispatcher.remembered(input.command) ? daemon.ids.next() : input.command;
      for (const { sha256 } of unused) {
        await removeImage(daemon, sha256, asking({ ...input, command: next }, caller));
        next = daemon.ids.next();
      }
      return unused;
    },
    "image.trust": async ({ keyring, ...input }, caller) => {
      const fingerprints = await daemon.trust.add(Buffer.from(keyring, "base64"));
      const value = fingerprints.join(" ");
      const { operation } = await change(
        daemon,
        caller,
        input,
        () => ({ type: "change-setting", key: "images.keyring", value }),
        "",
      );
      return { fingerprints: [...fingerprints], ...(operation && { operation }) };
    },
  };
}

/** The answer to a removal that came before with the same id: the image is gone, and the log tells which it was. */
async function removedBefore(
  { dispatcher, log }: Daemon,
  { stream }: RememberedCommand,
  text: string,
): Promise<ImageView> {
  // The first one may still be on its way to the disk, and may not arrive.
  await dispatcher.read(() => undefined);
  let image: ImageState | undefined;
  for await (const record of log.read({ stream })) {
    const fact = ImageEvent.parse(upcast(record));
    if (fact.type === "image.added") image = { ...fact.data, addedAt: record.time, usedAt: record.time };
  }
  if (image) return viewImage(dispatcher.world(), image);
  throw new UserError("image-not-found", `no image "${text}" is kept here`, { hints: [["next", "strata images"]] });
}

const digestCharactersMin = 6;

/** The newest image of that name, else the one whose digest begins so. Throws `image-not-found` and `image-ambiguous`. */
function imageNamed({ images }: World, text: string): ImageState {
  const all = [...images.values()];
  const named = all.filter(({ name }) => name === text).sort((a, b) => (a.addedAt < b.addedAt ? 1 : -1))[0];
  if (named) return named;
  const [found, ...others] =
    text.length < digestCharactersMin ? [] : all.filter(({ sha256 }) => sha256.startsWith(text.toLowerCase()));
  if (found && others.length === 0) return found;
  if (found)
    throw new UserError("image-ambiguous", `several images have a digest that begins with ${text}`, {
      hints: [["next", "strata images"]],
    });
  const close = nearest(
    text,
    all.map(({ name }) => name),
  );
  throw new UserError("image-not-found", `no image "${text}" is kept here`, {
    hints: [...(close === undefined ? [] : [["did you mean", close] as const]), ["next", "strata images"]],
  });
}

/** The way out and the hosts of a caller. Throws `image-host-invalid` and `image-host-refused`. */
export async function reachOf(daemon: Daemon, outside: Outside | undefined, caller: Caller) {
  const { config, dispatcher } = daemon;
  const { settings } = dispatcher.world();
  const hosts = hostsFor({
    asked: outside?.hosts ?? config.imageHosts,
    setting: (key) => settingOf(settings, key),
    mayReadFiles: caller.actor.id === `unix:${config.user.uid}`,
  });
  return { hosts, outside: outside ?? (await daemon.outside()) };
}

async function find(
  daemon: Daemon,
  { text, host, force, isOffline = false, outside }: Input<"image.find">,
  caller: Caller,
): Promise<Output<"image.find">> {
  const { supply, dispatcher } = daemon;
  const reach = await reachOf(daemon, outside, caller);
  const hosts = [...reach.hosts, supply.folder];
  const wanted = host === undefined ? hosts : hosts.filter(({ name }) => name === host);
  if (wanted.length === 0)
    throw hostUnknown(
      host ?? "",
      hosts.map(({ name }) => name),
    );
  const asked = await askAll(wanted, {
    catalog: supply.catalog,
    outside: reach.outside,
    signal: new AbortController().signal,
    force,
    isOffline,
  });
  const offers = asked.flatMap(({ shelf }) => shelf?.offers ?? []);
  const released = new Set(offers.filter((offer) => offer.host === "release").map(({ release }) => release));
  const found = offers
    .filter((offer) => (text === undefined ? offer.isSupported : matches(offer, text)))
    // Tomorrow's image of a release that is out is listed for those who name the host.
    .filter((offer) => host !== undefined || offer.host !== "daily" || !released.has(offer.release));
  const images = [...dispatcher.world().images.values()];
  const meant = text === undefined || found.length > 0 ? undefined : suggestion(text, offers);
  return {
    offers: found.map((offer) => ({
      ...offer,
      name: shownName(offer),
      isHere: images.some((image) => isOf(image, offer)),
    })),
    hosts: asked
      // No folder beside the executable is no failure.
      .filter(({ host: { name }, error }) => !(name === folderHost && error && host === undefined))
      .map(({ host: { name }, shelf, error = shelf?.stale }) => ({
        name,
        ...(shelf && { fetchedAt: shelf.fetchedAt }),
        ...(error && { failure: { code: error.code, message: error.message } }),
      })),
    ...(meant !== undefined && { meant: host === undefined ? meant : `${host}:${meant}` }),
  };
}

const isOf = ({ sha256, source }: ImageState, { digest }: Offer): boolean =>
  digest !== undefined && (digest === `sha256:${sha256}` || digest === source?.digest);

function matches({ names, title, release }: Offer, text: string): boolean {
  const part = text.toLowerCase();
  return [...names, title, release].some((each) => each.toLowerCase().includes(part));
}
