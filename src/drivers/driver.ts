/** The contract of a driver: the backend that makes instances real. Small core, capabilities as optional objects, features as data. */
import type { Specs, StopCause } from "../model/instance.ts";
import type { BaseImage, ImageSupport, TakePlan } from "./images.ts";
import type { ForwardSupport } from "./forwards.ts";
import type { MountSupport } from "./mounts.ts";
import type { LinkSupport } from "./links.ts";
import type { MetricSupport } from "./metrics.ts";
import type { MachineNetwork } from "./machine-network.ts";
import type { FileSupport } from "./past-files.ts";

export interface DriverFeatures {
  /** Guests survive the daemon and are found again by `inspect`. */
  readonly survivesDaemon: boolean;
  readonly memorySnapshots: boolean;
}

/** How this host can run instances, and why not faster. */
export interface HostReport {
  readonly accelerator: "kvm" | "hvf" | "tcg" | "fake";
  /** One sentence when a faster accelerator is there and cannot be used. */
  readonly why?: string;
  /** The command that would help. */
  readonly next?: string;
  readonly build: string;
}

/** What `create` needs; everything in it is in the log or derived from it, so it can be asked for again after a crash. */
export interface CreatePlan {
  /** Id of the new writable layer. */
  readonly layer: string;
  /** The verified base image in the vault (absolute path), or a frozen layer, of another machine too. Never written to. */
  readonly base: (BaseImage & { readonly sha256: string }) | { readonly layer: string };
  readonly specs: Specs;
  /** Small integer, unique among instances of this data directory for ever; a per-instance uid derives from it. */
  readonly ordinal: number;
  /** The machine begins suspended, with memory that was kept with the layer it stands on; the hardware is that of who it was taken from. */
  readonly warm?: { readonly kept: KeptMemory; readonly hardware: Hardware };
}

/** Fixed at creation and recorded in the log: the device tree that saved memory will depend on. */
export interface Hardware {
  readonly driver: string;
  /** Versioned machine type, for example `pc-q35-7.2`. */
  readonly machine: string;
  readonly [key: string]: unknown;
}

/** What `start` needs. */
export interface StartPlan extends MachineNetwork {
  /** The writable top layer. */
  readonly layer: string;
  readonly specs: Specs;
  readonly hardware: Hardware;
  readonly ordinal: number;
  readonly mac: string;
  /** The guest's own IPv4 address on the user-mode network, for example `10.77.0.2`. */
  readonly address: string;
  /** NoCloud seed as an ISO 9660 image, at most 1 MiB; written beside the disk with mode 0600, never logged. */
  readonly seed: Uint8Array;
  /** It must go on from its saved memory; without any, the start fails with `memory-missing`. */
  readonly resumes?: boolean;
  /** That memory is another machine's: the network card is connected to nothing until `identify`. */
  readonly isStranger?: boolean;
}

/** Shell scripts for a guest, which its agent runs as root; secrets, and ones that may be run again. */
export interface IdentityPlan {
  /** Run while nobody can talk to the guest: it becomes another one. */
  readonly before: string;
  /** Run when its network card is connected. */
  readonly after: string;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A started machine: where its SSH server is reached, and with what it runs. */
export interface Started {
  readonly ssh: Endpoint;
  readonly accelerator: HostReport["accelerator"];
  readonly cpu: string;
  readonly build: string;
  readonly pid?: number;
}

/** Memory on disk, and the build that wrote it: only the same one is sure to load it. */
export interface SavedMemory {
  readonly memoryBytes: number;
  readonly build: string;
}

/** What is true now. `off` with a cause says how the last run ended, as far as it can be known. */
export type Observed =
  | { readonly power: "missing" }
  | { readonly power: "off"; readonly cause: StopCause }
  /** `paused`: why the guest waits, although its machine runs. */
  | { readonly power: "running"; readonly started: Started; readonly paused?: string }
  | ({ readonly power: "suspended" } & SavedMemory);

/** What a running machine does by itself. */
export type Happening =
  | { readonly kind: "ended"; readonly cause: StopCause; readonly detail?: string }
  | { readonly kind: "reset" }
  | { readonly kind: "panicked" }
  | { readonly kind: "paused"; readonly reason: string }
  /** It goes on after a pause. */
  | { readonly kind: "resumed" };

/** `discarded`: as `forced`, of a machine whose disk nobody wants any more, so that nothing of it has to be written out. */
export type StopHow = "graceful" | "forced" | "discarded";

/** Why a guest is paused that can go on as soon as there is space. */
export const pausedForSpace = "no space for its disk on the host";

/** Memory that a point keeps, by an id of its own; it loads only into the same hardware, build and accelerator. */
export interface KeptMemory extends SavedMemory {
  readonly memory: string;
  readonly accelerator: string;
}

export interface FreezePlan {
  /** The writable top now, and the layer that takes its place: ids. */
  readonly layer: string;
  readonly next: string;
  /** Size of the disk; one that is larger keeps its size. */
  readonly bytes: number;
  readonly ordinal: number;
  /** Keep the memory too, under this id: of a machine that runs or is suspended. */
  readonly memory?: string;
}

/** How sure it is that the files in a frozen layer are whole. */
export type Consistency =
  /** The machine was off. */
  | "off"
  /** The guest's file systems stood still, by its agent. */
  | "quiet"
  /** Memory was kept with it. */
  | "memory"
  /** As after a power cut: of a machine that ran, or is suspended and whose memory was not kept. */
  | "crash";

export interface Frozen {
  /** What the frozen layer takes on disk. */
  readonly bytes: number;
  readonly consistency: Consistency;
  /** How long the guest stood still, whole milliseconds; of a machine that ran. */
  readonly pausedMs?: number;
  readonly kept?: KeptMemory;
  /** The layer is frozen, but the memory that was asked for is not kept: why. */
  readonly memoryLost?: string;
}

export interface RewindPlan {
  /** A frozen layer, and the new top that stands on it. */
  readonly from: string;
  readonly next: string;
  /** Size of the disk; never less than the layer has. */
  readonly bytes: number;
  readonly ordinal: number;
  /** Memory that belongs to the frozen layer: the next start goes on from it. */
  readonly kept?: KeptMemory;
}

/** What is in layers that stand below one is to be in that one itself. */
export interface MergePlan {
  /** A frozen layer. */
  readonly layer: string;
  /** The layers below it that are copied into it, its parent first; they stay as they are. */
  readonly from: readonly string[];
  /** What it stands on then: what the last of those stands on; absent: an image. */
  readonly parent?: string;
  /** Machines whose disks are read through it. */
  readonly machines: readonly string[];
}

/** Disks as trees of immutable layers. Ids of layers and memories are made by the caller. */
export interface SnapshotSupport {
  /**
   * Freezes the top and goes on with a new one on it, of a machine that is off, suspended or running; a suspended one goes on from
   * its own memory. A failure leaves the machine on its old top, running if it ran. Throws `disk-missing`, `layer-missing`,
   * `layer-damaged`, `layer-frozen` (it stands on another layer), or `guest-frozen` (its agent has not let go of its file systems
   * yet). Done already (the machine stands on `next`): confirms. Once it stands there an abort is ignored; whoever gets no answer,
   * or an abort's reason, asks again with the same plan, since only the answer says on which layer the machine stands.
   */
  freeze(id: string, plan: FreezePlan, signal: AbortSignal): Promise<Frozen>;
  /**
   * Has a top been written to since it was made, by a machine that runs or ran? From the file alone. Throws `disk-missing` and
   * `layer-damaged`.
   */
  isWritten(layer: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Can one go back to it? Throws `layer-missing` (with its id, or the image's path), `layer-damaged`, `layer-not-frozen` for one
   * that a machine writes to, `memory-missing`, or `memory-foreign` for memory of another build.
   */
  check(at: { readonly layer: string; readonly kept?: KeptMemory }, signal: AbortSignal): Promise<void>;
  /**
   * Gives a machine that does not run a new top on a frozen layer; saved memory that it had is thrown away, the point's is put in
   * its place. Throws `machine-running`, and as `check`. Done already: confirms, and leaves alone what has run since.
   */
  rewind(id: string, plan: RewindPlan, signal: AbortSignal): Promise<void>;
  /**
   * Copies what is in lower layers into a frozen one that then stands on the layer below those. What is read through it does not
   * change at any moment, and machines run on; where a running one cannot let go of the old files, it does when it stops. Throws
   * `layer-missing`, `layer-damaged`, `layer-not-frozen`, `no-space` or `layer-not-merged`, and leaves all as it was. Done already:
   * confirms. Answers what the layer takes on disk.
   */
  merge(plan: MergePlan, signal: AbortSignal): Promise<{ readonly bytes: number }>;
  /**
   * Makes a frozen layer that holds what is different in a foreign image from what the layer stands on. Throws `snapshot-missing`,
   * `image-invalid`, `layer-missing`, `layer-damaged`, `layer-not-frozen`, `no-space` or `layer-not-taken`, and leaves nothing. Done
   * already: confirms. Answers what the layer takes on disk.
   */
  take(plan: TakePlan, signal: AbortSignal): Promise<{ readonly bytes: number }>;
  /** Removes for good what has lain in the quarantine for `ms` milliseconds. */
  empty(ms: number, signal: AbortSignal): Promise<void>;
  /**
   * Removes layers and memories: into a quarantine when `quarantine` is set, otherwise for good, from there too. Throws
   * `layer-in-use`, and removes nothing, when a layer that is not named stands on one of them. Missing already: confirms.
   */
  discard(
    what: { readonly layers: readonly string[]; readonly memories: readonly string[]; readonly quarantine: boolean },
    signal: AbortSignal,
  ): Promise<void>;
}

/**
 * Every method may be called again after a crash with the same arguments, and must then finish or confirm the work.
 * Expected failures are UserErrors; an aborted signal rejects with its reason, and leaves what `inspect` can describe.
 */
export interface Driver {
  readonly name: string;
  readonly features: DriverFeatures;
  readonly images: ImageSupport;
  readonly snapshots: SnapshotSupport;
  readonly files?: FileSupport;
  readonly forwards?: ForwardSupport;
  /** Absent where machines share no memory with other processes. While one is plugged in, no memory is saved. */
  readonly mounts?: MountSupport;
  /** Absent where packets of machines cannot be led elsewhere. */
  readonly links?: LinkSupport;
  /** Absent where nobody counts. */
  readonly metrics?: MetricSupport;
  /** Can this host run it? Throws `driver-unavailable` with a hint. Cached by the driver per host boot. */
  check(signal: AbortSignal): Promise<HostReport>;
  /** Makes the writable layer. Throws `disk-too-small` when specs.disk is below what it stands on, and as `snapshots.check` for a layer and memory. */
  create(id: string, plan: CreatePlan, signal: AbortSignal): Promise<{ hardware: Hardware }>;
  /**
   * Powers on, or goes on from saved memory; returns when the machine runs (not when the guest is reachable). Already
   * running: confirms. Throws `memory-foreign` for memory of another build, and leaves it as it is; `disk-missing`,
   * `layer-missing` for what the disk stands on, and `layer-frozen` for a top that was frozen.
   */
  start(id: string, plan: StartPlan, signal: AbortSignal): Promise<Started>;
  /** `graceful` asks the guest (ACPI) and waits until the signal aborts; `forced` cuts the power, and throws saved memory away. Off already: confirms. */
  stop(id: string, how: StopHow, signal: AbortSignal): Promise<void>;
  /**
   * Saves the memory of a running machine to disk and powers it off; the next `start` goes on from there. Suspended already:
   * confirms. A failure leaves it running. Throws `machine-not-running`.
   */
  suspend(id: string, signal: AbortSignal): Promise<SavedMemory>;
  /**
   * Has the agent of a guest that runs do a shell's script, as root. Answers what it printed, up to some kilobytes. Throws
   * `machine-not-running`, `agent-missing` when nobody in the guest can be asked, and `agent-refused` when it does not do it.
   */
  instruct(id: string, script: string, signal: AbortSignal): Promise<string>;
  /**
   * Gives a guest that was started as a stranger its own identity, then connects it. Done already: does it again. Throws as
   * `instruct`: it is not to be let run on then.
   */
  identify(id: string, plan: IdentityPlan, signal: AbortSignal): Promise<void>;
  /** Grows the layer, of a running machine too. As large already: confirms. */
  resize(id: string, plan: { readonly layer: string; readonly bytes: number }, signal: AbortSignal): Promise<void>;
  /** Lets a paused guest go on; what its disk could not take is tried again. Not paused, or off: confirms. */
  resume(id: string, signal: AbortSignal): Promise<void>;
  inspect(id: string): Promise<Observed>;
  /**
   * Pulls the cable of a running machine's network card, or plugs it in again, so that its guest sees it. So already, or off: confirms.
   * A machine starts with its cable plugged in. Absent where that cannot be done.
   */
  setLink?(id: string, isUp: boolean, signal: AbortSignal): Promise<void>;
  /** Removes the machine, its layers named here and every file of it; what points keep is not its own. Missing already: confirms. */
  destroy(id: string, layers: readonly string[], signal: AbortSignal): Promise<void>;
  /** What happens from now on to machines that this driver started or inspected as running. Returns the way to stop listening. */
  watch(listener: (id: string, happening: Happening) => void): () => void;
  /** The serial console's last bytes (bounded file), oldest first; empty when there is none. `follow` goes on until the signal aborts. */
  console(id: string, options: { follow: boolean; signal: AbortSignal }): AsyncIterable<Uint8Array>;
  /** Lets go of every machine without touching it: they run on. */
  close(): Promise<void>;
}
