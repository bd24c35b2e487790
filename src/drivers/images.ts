/** What a driver does with images: the lowest layers of disks, and foreign ones that layers are made of. */

/** Absolute path. */
export interface BaseImage {
  readonly path: string;
  readonly format: "qcow2" | "raw";
}

/** What is in an image becomes a frozen layer. */
export interface TakePlan {
  readonly layer: string;
  /** A frozen layer, or an image of the vault that is not written to. */
  readonly parent: { readonly layer: string } | BaseImage;
  /** A qcow2 image, and a snapshot inside it; absent: as it is now. Without content the layer shows what its parent holds. */
  readonly content?: { readonly path: string; readonly snapshot?: string };
}

export interface ImageSupport {
  /** Format and size of a foreign image; refuses what is no image, has a backing or data file, or is oversized (`image-invalid`). */
  inspect(path: string, signal: AbortSignal): Promise<{ format: "qcow2" | "raw"; virtualSize: number }>;
  /**
   * Writes what a snapshot inside a qcow2 image holds to `target`, a new qcow2 image that stands alone. Throws `snapshot-missing`,
   * `image-invalid`, `no-space` or `layer-not-taken`.
   */
  extract(
    from: { readonly path: string; readonly snapshot: string },
    target: string,
    signal: AbortSignal,
  ): Promise<void>;
}
