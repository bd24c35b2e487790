/** Which QEMU is used: the one the binary carries or the system's; found elsewhere and handed in. */

/** Programs that look into a disk which no machine has open; words as in `Toolchain`. */
export interface DiskTools {
  readonly nbd: readonly string[];
  readonly debugfs: readonly string[];
  readonly e2fsck: readonly string[];
  /** The latter two take their disk from an NBD server (build/past/nbd-disk.c); without, they need a file. */
  readonly isServed: boolean;
}

export interface Toolchain {
  /** What to run as the emulator, up to but without its options; more than one word when it starts through a loader. */
  readonly system: readonly string[];
  /** The same for `qemu-img`. */
  readonly img: readonly string[];
  /** Absent where they are not installed. */
  readonly disks?: DiskTools;
  /** The whole environment of all; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the firmware files for `-L`; absent when the emulator finds its own. */
  readonly share?: string;
  /** Version and origin, for example `7.2.22 (carried)`; changes whenever the files do. */
  readonly build: string;
}
