/** The call that takes over what another manager kept: its disk was sent as an image, its snapshots are inside. */
import type { Input } from "../../api/contract.ts";
import type { CallHandlers } from "../../api/server.ts";
import { UserError } from "../../errors.ts";
import type { World } from "../../events/world.ts";
import type { ImportedSnapshot, PlannedPoint } from "../../model/import.ts";
import { diskMax } from "../../model/instance.ts";
import { parseName } from "../../model/name.ts";
import { parsePointName } from "../../model/point-word.ts";
import { formatSize } from "../../model/size.ts";
import type { Ids } from "../../sys/ids.ts";
import { freeMac } from "../free-mac.ts";
import { bridgeReady } from "../networks/bridge-subnet.ts";
import { attachmentOf } from "../networks/joining.ts";
import { importMs, trashMs } from "../periods.ts";
import { admitBytes } from "./admission.ts";
import { answerAgain, change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

export function importHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, "instance.import"> {
  const { dispatcher, clock, ids } = daemon;
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  return {
    "instance.import": async (input, caller) => {
      const seen = dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const { image, specs } = admitted(dispatcher.world(), input);
      const name = parseName(input.name);
      // Without snapshots the disk that was sent is the one that is used.
      await admitBytes(daemon, `the import of "${name}"`, input.snapshots.length > 0 ? 2 * image.bytes : 0);
      const { user, from, isDeleted } = input;
      const id = ids.next();
      const joins = { place: { attachment: attachmentOf(daemon) } };
      await bridgeReady(daemon, joins);
      const build = (world: World, operation: string) =>
        ({
          type: "import",
          id,
          operation,
          deadline: inMs(importMs),
          name,
          image: { name: image.name, title: input.image.title, sha256: image.sha256 },
          specs,
          mac: macPattern.test(from.mac) ? from.mac.toLowerCase() : freeMac(world, daemon),
          spareMac: freeMac(world, daemon),
          joins,
          layer: ids.next(),
          user,
          from,
          ...plannedOf(input, ids),
          ...(isDeleted && { expires: inMs(trashMs) }),
        }) as const;
      return change(daemon, caller, input, build, "");
    },
  };
}

/** One that is no group's: the lowest bit of its first byte says that. */
const macPattern = /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i;

/** The image that was sent, and the sizes: a disk is never smaller than what is on it. Throws `image-not-found` and `disk-too-large`. */
function admitted({ images }: World, { image: { sha256, title }, specs }: Input<"instance.import">) {
  const image = images.get(sha256);
  if (!image) throw new UserError("image-not-found", `the disk of "${title}" was not sent, or was removed since`);
  const disk = Math.max(specs.disk, image.virtualSize);
  if (disk <= diskMax) return { image, specs: { ...specs, disk } };
  throw new UserError(
    "disk-too-large",
    `disk ${formatSize(disk)} is more than a disk may have (${formatSize(diskMax)})`,
  );
}

/** A layer for each snapshot on that of its parent, and one for the present. Throws `snapshots-invalid`. */
export function plannedOf(
  { snapshots, head }: { readonly snapshots: readonly ImportedSnapshot[]; readonly head?: string | undefined },
  ids: Pick<Ids, "next">,
): { points: PlannedPoint[]; now?: { layer: string; parent?: string } } {
  const layers = new Map<string, string>();
  const below = (name: string | undefined) => {
    if (name === undefined) return {};
    const parent = layers.get(name);
    if (parent !== undefined) return { parent };
    throw new UserError("snapshots-invalid", `no snapshot "${name}" stands before those that were made on it`);
  };
  const points = snapshots.map(({ name, parent, ...rest }) => {
    if (layers.has(name)) throw new UserError("snapshots-invalid", `two snapshots are called "${name}"`);
    const layer = ids.next();
    const point = { id: ids.next(), name: parsePointName(name), layer, ...below(parent), ...rest };
    layers.set(name, layer);
    return point;
  });
  const now = points.length === 0 ? {} : { now: { layer: ids.next(), ...below(head) } };
  return { points, ...now };
}
