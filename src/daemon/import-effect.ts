/** The disk of an import: layers out of the image that was sent, one for each snapshot inside it and one for what it holds now. */
import type { Driver } from "../drivers/driver.ts";
import type { TakePlan } from "../drivers/images.ts";
import type { StepResult } from "../events/instance/commands.ts";
import type { InstanceState, PendingImport } from "../events/instance/state.ts";
import type { StoredImage, Vault } from "../images/vault.ts";
import type { Progress } from "../model/operation.ts";
import type { TakenLayer } from "../model/import.ts";
import { baseOf } from "./effects.ts";
import type { Keyring } from "./keyring.ts";

interface Ports {
  readonly driver: Pick<Driver, "create" | "images" | "snapshots">;
  readonly vault: Pick<Vault, "add" | "find" | "make">;
  readonly keyring: Pick<Keyring, "host">;
}

/**
 * Without snapshots the disk stands on the image that was sent. With some, the oldest becomes the image below all, and each other one
 * a layer on that of the snapshot that it was made on: what they share is stored once.
 */
export async function importDisk(
  ports: Ports,
  instance: InstanceState,
  plan: PendingImport,
  signal: AbortSignal,
  progress: (progress: Progress) => void,
): Promise<StepResult> {
  const { id, layer, specs, ordinal } = instance;
  const sent = await baseOf(ports, instance);
  const taken = plan.now && (await takeAll(ports, { sent, plan, now: plan.now }, signal, progress));
  const base = plan.now ? { layer: plan.now.layer } : sent;
  const { hardware } = await ports.driver.create(id, { layer, base, specs, ordinal }, signal);
  const { publicKey: hostKey } = await ports.keyring.host(id);
  const below = plan.now && { parent: plan.now.layer };
  return { step: "disk", layer, ...below, hardware, hostKey, ...(taken && madeOf(taken, instance)) };
}

interface Taken {
  readonly image: StoredImage;
  readonly layers: readonly TakenLayer[];
}

function madeOf({ image, layers }: Taken, { image: { name, title } }: InstanceState) {
  const { sha256, bytes, virtualSize, format } = image;
  return { layers, image: { name, title, sha256, bytes, virtualSize, format } };
}

interface Work {
  readonly sent: { readonly path: string };
  readonly plan: PendingImport;
  readonly now: NonNullable<PendingImport["now"]>;
}

async function takeAll(
  { driver, vault }: Ports,
  { sent: { path }, plan: { points }, now }: Work,
  signal: AbortSignal,
  progress: (progress: Progress) => void,
): Promise<Taken> {
  const said = (text: string) => progress({ kind: "step", step: "disk", detail: text });
  const [oldest] = points;
  if (!oldest) throw new Error("bug: what the disk holds now is a layer of its own where there are points");
  said(oldest.name);
  const image = await vault.make(
    (target) => driver.images.extract({ path, snapshot: oldest.tag }, target, signal),
    signal,
    driver.images.inspect,
  );
  const layers: TakenLayer[] = [];
  const take = async (layer: string, parent: string | undefined, content: TakePlan["content"]) => {
    const ground = parent === undefined ? image : { layer: parent };
    const { bytes } = await driver.snapshots.take({ layer, parent: ground, ...(content && { content }) }, signal);
    layers.push({ layer, ...(parent !== undefined && { parent }), bytes });
  };
  for (const { layer, parent, tag, name } of points) {
    if (layer !== oldest.layer) said(name);
    // The image is what the oldest holds.
    await take(layer, parent, layer === oldest.layer ? undefined : { path, snapshot: tag });
  }
  said("its present");
  await take(now.layer, now.parent, { path });
  return { image, layers };
}
