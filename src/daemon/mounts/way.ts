/** How a mount is made true in a running guest: one implementation per type. */
import type { InstanceState } from "../../events/instance/state.ts";

/** A mount as the log wants it. */
export interface WantedMount {
  /** Absolute path on the host; opened by a helper under the caller's user alone. */
  readonly source: string;
  /** Absolute path in the guest. */
  readonly target: string;
  readonly type: "classic" | "native";
  readonly readOnly: boolean;
  /** Host id and guest id; a guest's -1 is the instance's login user. */
  readonly uids: readonly (readonly [host: number, guest: number])[];
  readonly gids: readonly (readonly [host: number, guest: number])[];
  /** Who asked for it: its files are served as that user. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** A mount that is there. */
export interface OpenMount {
  /** Resolves when it is gone by itself, with the reason in a few words. Never rejects. */
  readonly ended: Promise<string>;
  /**
   * Unmounts and ends the helper. Throws `mount-busy` with the processes that hold it, unless `force`. With a signal that is aborted
   * already it only lets go of what is on the host.
   */
  close(options: { readonly force: boolean; readonly signal: AbortSignal }): Promise<void>;
}

export interface MountWay {
  /**
   * Mounts in a guest that answers; creates the target where it is missing. `say`: what takes long. Throws UserErrors: `mount-source-missing`,
   * `mount-source-unreadable`, `mount-unsupported` (with what is missing, and the next command), `mount-needs-restart`,
   * `mount-failed`.
   */
  open(
    instance: InstanceState,
    mount: WantedMount,
    signal: AbortSignal,
    say?: (text: string) => void,
  ): Promise<OpenMount>;
}
