/** Images that are here and images that hosts offer, as one list. */
import type { FoundImages, ImageView } from "../../model/view.ts";

export interface ImageRow {
  readonly key: string;
  readonly title: string;
  /** What to type for it. */
  readonly name: string;
  readonly host: string;
  readonly version?: string;
  readonly architecture?: string;
  readonly bytes?: number;
  readonly usedAt?: string;
  readonly signedBy?: string;
  readonly isHere: boolean;
  /** Those whose disks stand on it. */
  readonly instances: readonly string[];
  readonly sha256?: string;
}

/** Those that are here first; offers that are here are not told twice. `text`: every word of it must be found. */
export function imageRows(
  here: readonly ImageView[],
  found: FoundImages | undefined,
  text: string,
): readonly ImageRow[] {
  const kept = here.map(({ sha256, name, title, bytes, usedAt, instances, source }): ImageRow => ({
    key: sha256,
    sha256,
    title,
    name,
    host: source?.host ?? "",
    bytes,
    usedAt,
    instances,
    isHere: true,
    ...(source && { version: source.version }),
  }));
  const offered = (found?.offers ?? [])
    .filter(({ isHere }) => !isHere)
    .map(({ name, title, host, version, architecture, bytes, signedBy }): ImageRow => ({
      key: `${host}:${name}:${version}`,
      title,
      name,
      host,
      version,
      architecture,
      isHere: false,
      instances: [],
      ...(bytes !== undefined && { bytes }),
      ...(signedBy !== undefined && { signedBy }),
    }));
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return [...kept, ...offered].filter(({ title, name, host, version = "" }) => {
    const all = `${title} ${name} ${host} ${version}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
