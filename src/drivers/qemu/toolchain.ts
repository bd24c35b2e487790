/** Which QEMU is used: the one the binary carries or the system's; found elsewhere and handed in. */

export interface Toolchain {
  /** What to run as the emulator, up to but without its options; more than one word when it starts through a loader. */
  readonly system: readonly string[];
  /** The same for `qemu-img`. */
  readonly img: readonly string[];
  /** The whole environment of both; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the firmware files for `-L`; absent when the emulator finds its own. */
  readonly share?: string;
  /** Version and origin, for example `7.2.22 (carried)`; changes whenever the files do. */
  readonly build: string;
}
