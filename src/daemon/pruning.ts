/** Removes images from the vault: first the event that says so, then the file; what is left between the two goes at the next start. */
import { messageOf } from "../errors.ts";
import { daemonActor } from "../events/envelope.ts";
import type { ImageState } from "../events/image/image.ts";
import { usersOf } from "../events/image/users.ts";
import type { World } from "../events/world.ts";
import type { Vault } from "../images/vault.ts";
import { parseKeep } from "../model/keep.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ids } from "../sys/ids.ts";
import type { Asked, Dispatcher } from "./dispatch.ts";

export interface PruningPorts {
  readonly dispatcher: Dispatcher;
  readonly vault: Pick<Vault, "remove">;
}

/** Rejects with `image-in-use`. Gone already: fine. */
export async function removeImage({ dispatcher, vault }: PruningPorts, sha256: string, asked: Asked): Promise<void> {
  await dispatcher.dispatch({ type: "remove-image", sha256 }, asked);
  await vault.remove(sha256);
}

/** Images that no instance stands on and that were last used before. */
export const unusedImages = ({ images, instances }: World, beforeMs: number): ImageState[] =>
  [...images.values()].filter(
    (image) => Date.parse(image.usedAt) <= beforeMs && usersOf(instances.values(), image).length === 0,
  );

export interface Pruner {
  close(): void;
}

const everyMs = 6 * 3_600_000;

interface PrunerOptions extends PruningPorts {
  readonly vault: Pick<Vault, "remove" | "list">;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Of `images.keep`. */
  readonly keep: () => string;
  readonly isWritable: () => boolean;
  /** Old downloads that broke off. */
  readonly collect: () => Promise<void>;
  readonly report: (line: string) => void;
}

/** Files that no event names are what a crash left behind. Only for a log that is whole: a part of it may not know them. */
export async function removeOrphans({
  dispatcher,
  vault,
  isWritable,
}: Pick<PrunerOptions, "dispatcher" | "vault" | "isWritable">): Promise<void> {
  if (!isWritable()) return;
  const { images } = dispatcher.world();
  for (const sha256 of await vault.list()) if (!images.has(sha256)) await vault.remove(sha256);
}

/** Removes what nobody has used for as long as `images.keep` says: now, and every six hours. */
export function startPruning(options: PrunerOptions): Pruner {
  const { clock, report } = options;
  let cancel = () => {};
  const round = () => {
    cancel = clock.after(everyMs, round);
    prune(options).catch((error: unknown) => report(`images are not pruned: ${messageOf(error)}`));
  };
  round();
  return { close: () => cancel() };
}

async function prune(options: PrunerOptions): Promise<void> {
  const { dispatcher, clock, ids, keep, isWritable, collect } = options;
  await collect();
  const keepMs = parseKeep(keep());
  if (keepMs === undefined || !isWritable()) return;
  for (const { sha256 } of unusedImages(dispatcher.world(), clock.now().getTime() - keepMs))
    await removeImage(options, sha256, { by: daemonActor, command: ids.next(), reason: `unused for ${keep()}` });
}
