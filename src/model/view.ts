/** What the daemon answers about its state: one schema per noun, shared by the API and the renderer. */
import { z } from "zod";
import { CloudInitDigest } from "./cloud-init.ts";
import { ImportSource } from "./import.ts";
import { ForwardView } from "./forward-view.ts";
import { Autostart, Health, ImageRef, Power, Specs, StopCause } from "./instance.ts";
import { MountView } from "./mount.ts";
import { InstanceNetwork } from "./network.ts";
import { ImageSourceFacts, Offer, Offered } from "./offer.ts";
import { Failure, OperationKind, OperationResult } from "./operation.ts";
import { stateWords } from "./state-words.ts";

export const OperationBrief = z.object({
  id: z.string(),
  number: z.int(),
  kind: OperationKind,
  /** The step that is owed now; absent once the operation has ended. */
  step: z.string().optional(),
  requestedAt: z.string(),
});
export type OperationBrief = z.infer<typeof OperationBrief>;

export const StateWord = z.enum(stateWords);
export type StateWord = z.infer<typeof StateWord>;

export const InstanceView = z.object({
  id: z.string(),
  name: z.string(),
  state: StateWord,
  power: Power,
  health: Health,
  ipv4: z.array(z.string()),
  network: InstanceNetwork,
  image: z.object({
    name: z.string(),
    title: z.string(),
    sha256: z.string().optional(),
    /** Absent: it came from a file, or was in the vault under that name. */
    offered: Offered.optional(),
  }),
  specs: Specs,
  user: z.string(),
  /** Of the text that the launch brought for the first boot. */
  cloudInit: CloudInitDigest.optional(),
  createdAt: z.string(),
  /** What it was forked from: `web@good`, by the names of then. */
  origin: z.string().optional(),
  /** What kept it before. */
  from: ImportSource.optional(),
  startedAt: z.string().optional(),
  /** Its last start was no boot: it went on from memory. */
  resumed: z.boolean().optional(),
  stoppedAt: z.string().optional(),
  stopCause: StopCause.optional(),
  suspended: z.object({ at: z.string(), bytes: z.int() }).optional(),
  /** The guest waits for its disk, which the host could not write. */
  paused: z.object({ at: z.string(), reason: z.string() }).optional(),
  autostart: Autostart.optional(),
  /** By key, in their order. */
  labels: z.record(z.string(), z.string()).optional(),
  /** Folders of the host that are wanted in it, by their order. */
  mounts: z.array(MountView).optional(),
  /** Ports of the host that lead into it. */
  forwards: z.array(ForwardView).optional(),
  /** When it goes to the trash by itself. */
  endsAt: z.string().optional(),
  /** It is deleted for good when it stops. */
  ephemeral: z.boolean().optional(),
  /** When it is stopped by itself. */
  stopsAt: z.string().optional(),
  deletedAt: z.string().optional(),
  expiresAt: z.string().optional(),
  points: z.int(),
  accelerator: z.string().optional(),
  machine: z.string().optional(),
  ssh: z.object({ host: z.string(), port: z.int() }).optional(),
  operation: OperationBrief.optional(),
  lastFailure: Failure.extend({ operation: z.int(), at: z.string() }).optional(),
});
export type InstanceView = z.infer<typeof InstanceView>;

/** Which moment an answer about the past is of: that of the record at `position`, or a later one before the next record. */
export const AsOf = z.object({
  time: z.string(),
  position: z.int(),
  /** The newest one that had begun; absent: there was none yet. */
  operation: z.int().optional(),
});
export type AsOf = z.infer<typeof AsOf>;

const ConfigurationValue = z.union([z.string(), z.number(), z.null()]);
/** A key of a configuration, before and after; null: it did not exist. */
export const Change = z.object({ key: z.string(), before: ConfigurationValue, after: ConfigurationValue });
export type Change = z.infer<typeof Change>;

/** A line of `history`. `number` is absent for grouped sessions (exec, shell) and for what happened by itself. */
export const HistoryRow = z.object({
  number: z.int().optional(),
  operation: z.string().optional(),
  time: z.string(),
  who: z.string(),
  /** `launch web`, `exec x2`, `stopped by the guest`. */
  what: z.string(),
  instance: z.string().optional(),
  type: z.string(),
  result: z.string(),
  durationMs: z.number().optional(),
  point: z.string().optional(),
  reason: z.string().optional(),
  /** Where the history of one key is asked for: what it set that to. */
  change: Change.optional(),
  position: z.int(),
});
export type HistoryRow = z.infer<typeof HistoryRow>;

/** A recorded event as the API shows it: the log's line, parsed. */
export const EventView = z.looseObject({
  position: z.int(),
  time: z.string(),
  type: z.string(),
  version: z.int(),
  stream: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type EventView = z.infer<typeof EventView>;

/** The full record behind `show`. */
export const OperationRecord = z.object({
  number: z.int(),
  id: z.string(),
  kind: z.string(),
  instance: z.object({ id: z.string(), name: z.string() }).optional(),
  requestedAt: z.string(),
  endedAt: z.string().optional(),
  durationMs: z.number().optional(),
  who: z.string(),
  by: z.record(z.string(), z.unknown()),
  reason: z.string().optional(),
  result: OperationResult,
  failure: Failure.optional(),
  request: z.record(z.string(), z.unknown()),
  /** Configuration keys whose value differs, before and after. */
  changes: z.array(z.object({ key: z.string(), before: z.unknown(), after: z.unknown() })),
  artefacts: z.array(z.object({ what: z.string(), name: z.string(), bytes: z.number().optional() })),
  events: z.array(EventView),
});
export type OperationRecord = z.infer<typeof OperationRecord>;

/** Why an instance is in its state, and what to do next. */
export const Explanation = z.object({
  instance: InstanceView,
  summary: z.string(),
  facts: z.array(z.object({ label: z.string(), text: z.string() })),
  next: z.string().optional(),
});
export type Explanation = z.infer<typeof Explanation>;

/** A seal of the log: a signed note of five lines, and the key it is verified with (both C2SP). */
export const SealView = z.object({ note: z.string().max(1_000), key: z.string().max(300) });
export type SealView = z.infer<typeof SealView>;

/** Where seals are sent, and how that went. */
export const AnchorView = z.object({
  to: z.string(),
  /** In this daemon's life. */
  sent: z.int(),
  failed: z.int(),
  /** Why the last one did not arrive; absent when it did. */
  why: z.string().optional(),
});
export type AnchorView = z.infer<typeof AnchorView>;

/** Where events are sent on, and how that goes. */
export const SinkView = z.object({
  to: z.string(),
  /** Events that it did not take yet; absent: not known yet. */
  behind: z.int().optional(),
  /** Attempts in a row that failed. */
  failures: z.int(),
  /** Why the last one did; absent when it did not. */
  why: z.string().optional(),
});
export type SinkView = z.infer<typeof SinkView>;

export const DaemonStatus = z.object({
  pid: z.int(),
  version: z.string(),
  protocol: z.int(),
  directory: z.string(),
  socket: z.string(),
  startedAt: z.string(),
  user: z.string(),
  log: z.object({
    id: z.string(),
    position: z.int(),
    durable: z.int(),
    mode: z.enum(["writable", "read-only"]),
    why: z.string().optional(),
    /** Events that the newest seal is of; absent: there is none yet. */
    sealed: z.int().optional(),
    /** The events up to here were moved to these folders; absent: all are here. */
    archived: z.object({ upTo: z.int(), places: z.array(z.string()) }).optional(),
  }),
  anchor: AnchorView.optional(),
  sink: SinkView.optional(),
  instances: z.int(),
  running: z.int(),
  operations: z.int(),
  accelerator: z.object({ name: z.string(), why: z.string().optional() }).optional(),
  memoryBytes: z.int(),
});
export type DaemonStatus = z.infer<typeof DaemonStatus>;

/** An image as `launch` and the vault know it. */
export const ImageView = ImageRef.extend({
  bytes: z.int(),
  virtualSize: z.int(),
  format: z.enum(["qcow2", "raw"]),
  addedAt: z.string(),
  /** When an instance was last made from it or purged. */
  usedAt: z.string(),
  /** Instances whose disks stand on it, also those in the trash. */
  instances: z.array(z.string()),
  source: ImageSourceFacts.optional(),
});
export type ImageView = z.infer<typeof ImageView>;

/** What `find` found. */
export const FoundImages = z.object({
  offers: z.array(
    Offer.extend({
      /** What to type for it. */
      name: z.string(),
      /** It is in the vault already. */
      isHere: z.boolean(),
    }),
  ),
  hosts: z.array(
    z.object({
      name: z.string(),
      /** Of its list; absent: there is none. */
      fetchedAt: z.string().optional(),
      failure: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
  /** The name that was meant, when nothing was found. */
  meant: z.string().optional(),
});
export type FoundImages = z.infer<typeof FoundImages>;
