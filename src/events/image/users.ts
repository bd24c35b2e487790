/** Who needs an image: instances whose disks stand on it, and launches that are about to. */
import type { InstanceState } from "../instance/state.ts";
import type { ImageState } from "./image.ts";

/** Names of instances, also of those in the trash. */
export function usersOf(instances: Iterable<InstanceState>, image: ImageState): string[] {
  const names: string[] = [];
  for (const instance of instances) if (needs(instance, image)) names.push(instance.name);
  return names;
}

function needs({ image: wanted, pending }: InstanceState, image: ImageState): boolean {
  if (wanted.sha256 !== undefined) return wanted.sha256 === image.sha256;
  // Not found out yet: whatever it may turn out to be stays.
  if (pending?.kind !== "launch") return false;
  const digest = wanted.offer?.digest;
  return digest === undefined || digest === image.source?.digest || digest === `sha256:${image.sha256}`;
}
