/** Folders of the host as devices of a machine that runs: each is served by a process of its own, which the machine is plugged into. */

/** Where a server of files waits for the machine. */
export interface MountDoor {
  /** Absolute path of a unix socket; whoever listens there makes it. */
  readonly socket: string;
  /** The account that the machine runs under, which has to be let in. */
  readonly uid: number;
}

/** A virtiofsd that this host has. */
export interface FileServer {
  /** `carried`: QEMU 7.2's own, which the executable brings; `system`: the one of the virtio-fs project, from 1.7 on. */
  readonly kind: "carried" | "system";
  /** What to run, up to but without its options. */
  readonly words: readonly string[];
  /** The whole environment but for what its options add. */
  readonly env: Readonly<Record<string, string>>;
}

/** A device goes by its tag: 1 to 20 letters of `a-z0-9`, and the name under which the guest mounts it. Machines begin without any. */
export interface MountSupport {
  /** A folder for notes, which goes with the machine. */
  notes(id: string): string;
  /** The server to be used on this host. Throws `mount-unsupported` where there is none. */
  server(signal: AbortSignal): Promise<FileServer>;
  /** Throws `machine-not-running`. */
  door(id: string, tag: string, signal: AbortSignal): Promise<MountDoor>;
  /**
   * Plugs in what listens at the door. Plugged in already: confirms. Throws `machine-not-running`, `mount-unsupported` when the machine
   * has no place for it, or `mount-failed` when the server does not answer; nothing is plugged in then.
   */
  attach(id: string, tag: string, signal: AbortSignal): Promise<void>;
  /**
   * Unplugs it, which its guest has to do its part for: throws `mount-stuck` when it does not within half a minute. It may be plugged
   * out later then. Off, or not plugged in: confirms.
   */
  detach(id: string, tag: string, signal: AbortSignal): Promise<void>;
  /** Tags of what is plugged in; none of a machine that is off. */
  attached(id: string, signal: AbortSignal): Promise<readonly string[]>;
}
