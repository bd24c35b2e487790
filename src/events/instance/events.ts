/** Everything that can have happened to an instance. An intent opens an operation, an outcome closes it, facts lie between. */
import { z } from "zod";
import { CloudInitDigest, CloudInitStatus } from "../../model/cloud-init.ts";
import { Autostart, Specs, StopCause } from "../../model/instance.ts";
import { Mount } from "../../model/mount.ts";
import { ForwardShape } from "../../model/forward-view.ts";
import { Offer } from "../../model/offer.ts";
import { OperationKind } from "../../model/operation.ts";
import { Consistency, KeptMemory, PointKind } from "../../model/point.ts";
import { event } from "../decider.ts";
import { Endpoint, Hardware, intent, none, StoredImage, Why } from "./event-parts.ts";
import { forwardEvents } from "./forward-events.ts";
import { keyEvents } from "./key-events.ts";
import { importEvents } from "./import-events.ts";
import { mountEvents } from "./mount-events.ts";
import { networkEvents, networkOfNew } from "./network-events.ts";

/** An image by name, still to be resolved, one that the vault holds, or one that a host offers (its address without a query). */
export const ImageSource = z.object({ name: z.string(), sha256: z.string().optional(), offer: Offer.optional() });
export type ImageSource = z.infer<typeof ImageSource>;

/** A point that is asked for: its layer is the top of then, and `next` the top from then on. */
export const WantedPoint = z.object({
  id: z.string(),
  name: z.string(),
  kind: PointKind,
  next: z.string(),
  /** Under this id its memory is kept. */
  memory: z.string().optional(),
  comment: z.string().optional(),
  expires: z.string().optional(),
});
export type WantedPoint = z.infer<typeof WantedPoint>;

/** What changes or stops an instance may keep its disk of before, as an automatic point. */
const byTheWay = { wanted: WantedPoint.optional() };
const namedPoint = z.object({ point: z.string(), name: z.string() });

/** Where a fork comes from: an instance, its name and point of then, and the frozen layer. */
export const Origin = z.object({ instance: z.string(), name: z.string(), point: z.string(), layer: z.string() });
export type Origin = z.infer<typeof Origin>;

/** Memory of a point that another machine goes on from. */
export const Warm = z.object({ kept: KeptMemory, hardware: Hardware });
export type Warm = z.infer<typeof Warm>;

export const InstanceEvent = z.discriminatedUnion("type", [
  event(
    "instance.launch-requested",
    1,
    intent.extend({
      name: z.string(),
      ordinal: z.int(),
      image: ImageSource,
      specs: Specs,
      mac: z.string(),
      address: z.string(),
      layer: z.string(),
      user: z.string(),
      ...networkOfNew,
      /** The user's own text for the first boot. The text itself is a secret and stays out. */
      cloudInit: CloudInitDigest.optional(),
      labels: z.record(z.string(), z.string()).optional(),
      mounts: z.array(Mount).optional(),
      /** When it goes to the trash by itself. */
      endsAt: z.string().optional(),
      /** It is deleted for good when it stops. */
      ephemeral: z.boolean().optional(),
    }),
  ),
  /** A new instance whose disk stands on a frozen layer of another one. */
  event(
    "instance.fork-requested",
    1,
    intent.extend({
      name: z.string(),
      ordinal: z.int(),
      image: StoredImage,
      specs: Specs,
      mac: z.string(),
      address: z.string(),
      layer: z.string(),
      user: z.string(),
      ...networkOfNew,
      /** Its source was detached, and so it is too. */
      detached: z.boolean().optional(),
      origin: Origin,
      /** It was named by its source's count of clones, which this one is. */
      clone: z.int().optional(),
      /** It is started when its disk is there. */
      starts: z.boolean(),
      /** Those of the point. */
      mounts: z.array(Mount).optional(),
      /** It goes on from this memory, which loads into this hardware; absent: it boots. */
      warm: Warm.optional(),
    }),
  ),
  /** A guest that went on from another one's memory has become itself. */
  event("instance.identified", 1, none),
  /** A fork cannot go on from the memory: what it has is taken back, and it boots. */
  event("instance.memory-given-up", 1, Why),
  event("instance.forked", 1, none),
  ...importEvents,
  ...mountEvents,
  ...forwardEvents,
  ...keyEvents,
  ...networkEvents,
  event(
    "instance.image-ready",
    1,
    z.object({
      name: z.string(),
      title: z.string(),
      sha256: z.string(),
      /** Takes the place of the operation's, which left room for a download. */
      deadline: z.string().optional(),
    }),
  ),
  event(
    "instance.disk-created",
    1,
    z.object({
      layer: z.string(),
      /** The layer that it stands on; absent: the image. */
      parent: z.string().optional(),
      hardware: Hardware,
      hostKey: z.string(),
    }),
  ),
  event(
    "instance.booted",
    1,
    z.object({
      ssh: Endpoint,
      accelerator: z.string(),
      cpu: z.string(),
      build: z.string(),
      adopted: z.boolean(),
      /** It went on from its saved memory. */
      resumed: z.boolean().optional(),
    }),
  ),
  event("instance.reachable", 1, none),
  /** cloud-init has ended. `detail`: its warnings, without values of the user's text. */
  event("instance.provisioned", 1, z.object({ status: CloudInitStatus, detail: z.string().optional() })),
  event("instance.launched", 1, none),
  event("instance.launch-failed", 1, Why.extend({ kept: z.boolean() })),

  event("instance.start-requested", 1, intent),
  event("instance.started", 1, none),
  event("instance.start-failed", 1, Why),
  event("instance.stop-requested", 1, intent.extend({ force: z.boolean(), ...byTheWay })),
  /** The power is off: the outcome of a stop, a step of a restart or delete, or something that happened by itself. */
  event("instance.stopped", 1, z.object({ cause: StopCause, detail: z.string().optional() })),
  event("instance.stop-failed", 1, Why),
  /** It is to be stopped at a time of the wall clock, `inMs` from then; the stop itself is an operation of its own. */
  event("instance.stop-scheduled", 1, intent.extend({ at: z.string(), inMs: z.int() })),
  /** That stop is called off: somebody asked for it, or for a start. */
  event("instance.stop-unscheduled", 1, intent.extend({ at: z.string(), why: z.enum(["asked", "start"]) })),
  event("instance.restart-requested", 1, intent.extend({ force: z.boolean(), ...byTheWay })),
  event("instance.restarted", 1, none),
  event("instance.restart-failed", 1, Why),

  event("instance.suspend-requested", 1, intent),
  event("instance.suspended", 1, z.object({ memoryBytes: z.int(), build: z.string() })),
  event("instance.suspend-failed", 1, Why),
  /** After its memory came back: how far the guest's clock was behind, and how far it is off now. */
  event("instance.clock-set", 1, z.object({ behindSeconds: z.int(), offSeconds: z.int() })),

  event("instance.renamed", 1, intent.extend({ name: z.string(), before: z.string() })),
  event(
    "instance.configured",
    1,
    z.discriminatedUnion("key", [
      intent.extend({ key: z.literal("cpus"), value: z.int(), before: z.int() }),
      intent.extend({ key: z.literal("memory"), value: z.int(), before: z.int() }),
      intent.extend({ key: z.literal("autostart"), value: Autostart, before: Autostart }),
      /** Further network cards: one word each (model/network-word.ts), or nothing. */
      intent.extend({ key: z.enum(["allow-net", "interfaces"]), value: z.string(), before: z.string() }),
      /** Empty: there is none. */
      intent.extend({ key: z.literal("label"), label: z.string(), value: z.string(), before: z.string() }),
    ]),
  ),
  event(
    "instance.resize-requested",
    1,
    intent.extend({ key: z.literal("disk"), value: z.int(), before: z.int(), ...byTheWay }),
  ),
  /** `isGrown`: the guest has the room already; else it takes it at its next boot. */
  event("instance.resized", 1, z.object({ disk: z.int(), isGrown: z.boolean() })),
  event("instance.resize-failed", 1, Why),

  event("instance.delete-requested", 1, intent.extend({ expires: z.string(), ...byTheWay })),
  event("instance.deleted", 1, z.object({ expires: z.string() })),
  event("instance.delete-failed", 1, Why),
  event("instance.recovered", 1, intent),
  event("instance.purge-requested", 1, intent),
  event("instance.purged", 1, none),
  event("instance.purge-failed", 1, Why),

  event("instance.snapshot-requested", 1, intent.extend({ wanted: WantedPoint })),
  event("instance.snapshot-failed", 1, Why),
  /** The top is frozen, a new one stands on it: the outcome of a snapshot, a step of a restore, or made by the way. */
  event(
    "instance.point-made",
    1,
    WantedPoint.omit({ memory: true }).extend({
      layer: z.string(),
      bytes: z.int(),
      consistency: Consistency,
      pausedMs: z.number().optional(),
      kept: KeptMemory.optional(),
      /** Why its memory could not be kept, although that was asked for. */
      memoryLost: z.string().optional(),
    }),
  ),
  /** The point that was to be made by the way was not, and the operation went on without it. */
  event("instance.point-missed", 1, z.object({ name: z.string(), code: z.string(), reason: z.string() })),
  event(
    "instance.restore-requested",
    1,
    intent.extend({
      /** Where to: a point, or a point as it was without its memory. */
      to: namedPoint.extend({ layer: z.string(), kept: KeptMemory.optional() }),
      /** Size and top from then on. */
      specs: Specs,
      /** Absent: they stay as they are. */
      mounts: z.array(Mount).optional(),
      next: z.string(),
      /** The point that keeps the present; absent: it is thrown away. */
      keep: WantedPoint.optional(),
      /** Those of the point that no other instance has the port of. */
      forwards: z.array(ForwardShape).optional(),
      /** The machine runs now. */
      isRunning: z.boolean(),
    }),
  ),
  /** The disk is that of a point, and the saved memory too, where the point has some. */
  event(
    "instance.rewound",
    1,
    namedPoint.extend({
      from: z.string(),
      next: z.string(),
      specs: Specs,
      mounts: z.array(Mount).optional(),
      kept: KeptMemory.optional(),
    }),
  ),
  event("instance.restored", 1, none),
  event("instance.restore-failed", 1, Why),
  event("instance.point-deleted", 1, intent.extend(namedPoint.shape)),
  event("instance.point-held", 1, intent.extend(namedPoint.shape)),
  event("instance.point-released", 1, intent.extend(namedPoint.shape)),
  /** What a point is called, or the note that stays with it. `name`: of before; an empty note is none. */
  event(
    "instance.point-configured",
    1,
    intent.extend({ ...namedPoint.shape, key: z.enum(["name", "comment"]), value: z.string(), before: z.string() }),
  ),
  /** By the daemon: its time was over, or others of its kind are kept instead. */
  event("instance.point-removed", 1, namedPoint.extend({ why: z.enum(["expired", "thinned", "limit"]) })),

  event("instance.cancel-requested", 1, z.object({ operation: z.string(), kind: OperationKind })),
  /** The operation is given up; what its earlier steps made is being taken back before the failure closes it. */
  event("instance.operation-abandoned", 1, Why),

  event("instance.reset", 1, none),
  event("instance.panicked", 1, none),
  event("instance.paused", 1, z.object({ reason: z.string() })),
  /** A paused guest goes on. */
  event("instance.resumed", 1, none),

  /** Arguments of a program stay out of the log: they may hold secrets. */
  event(
    "instance.session-started",
    1,
    z.object({
      session: z.string(),
      kind: z.enum(["exec", "shell"]),
      program: z.string().optional(),
      arguments: z.int(),
      terminal: z.boolean(),
    }),
  ),
  event("instance.session-ended", 1, z.object({ session: z.string(), result: z.string() })),
]);
export type InstanceEvent = z.infer<typeof InstanceEvent>;
