/** Every call of the API: input and output schemas in one object that types client, server and documentation. */
import { z } from "zod";
import { Check } from "../model/check.ts";
import { CloudInitText } from "../model/cloud-init.ts";
import { AskedGuest } from "../model/guest-facts.ts";
import { Specs } from "../model/instance.ts";
import { ImportedSnapshot, importedPointsMax, ImportSource, loginName } from "../model/import.ts";
import { lifetimeMsMax } from "../model/lifetime.ts";
import { Outside } from "../model/outside.ts";
import { Usage } from "../model/usage.ts";
import { PointTree } from "../model/point-view.ts";
import {
  AsOf,
  DaemonStatus,
  EventView,
  Explanation,
  HistoryRow,
  FoundImages,
  ImageView,
  InstanceView,
  OperationBrief,
  OperationRecord,
  SealView,
} from "../model/view.ts";
import { At, historyFilter, instance, Labels, Passphrase, SettingRow, textMax } from "./inputs.ts";

import { metricCalls } from "./metric-calls.ts";
import { launchMounts, mountCalls } from "./mount-calls.ts";
import { forwardCalls } from "./forward-calls.ts";
import { networkCalls, networkOfLaunch } from "./network-calls.ts";
import { pointCalls } from "./point-calls.ts";
import { sshCalls } from "./ssh-calls.ts";
import { windowCalls } from "./window-calls.ts";
import { terminalCalls } from "./terminal-calls.ts";
import { Accepted, call, changing, Digest, Following, frames, keyringBase64Max, stream } from "./shapes.ts";

export { Accepted, Ended, Following } from "./shapes.ts";
export { bodyBytesMax, framesProtocol, protocolVersion } from "./protocol.ts";

export const contract = {
  "daemon.hello": call(
    z.object({ version: z.string(), protocol: z.int() }),
    z.object({
      version: z.string(),
      protocol: z.int(),
      pid: z.int(),
      directory: z.string(),
      busy: z.boolean(),
      /** Why the log takes no more: what is shown then may be only a part. */
      readOnly: z.string().optional(),
      /** The newest seal of its log: a client compares it with the one it saw before. */
      seal: SealView.optional(),
    }),
  ),
  "daemon.status": call(z.object({}), DaemonStatus),
  /** From the file system; no guest is asked. */
  "daemon.usage": call(z.object({}), Usage),
  /** What is wrong with the host, the data and what is left over; the driver may try KVM for it. */
  "daemon.doctor": call(z.object({}), z.object({ checks: z.array(Check) })),
  "daemon.stop": call(z.object({}), z.object({ pid: z.int() })),

  /** Seals what is durable now. */
  "audit.seal": call(z.object({}), SealView),
  /** Proves (RFC 6962) that the log of `to` events begins with its first `from`: roots of subtrees, hexadecimal. */
  "audit.consistency": call(
    z.object({ from: z.int().min(0), to: z.int().min(0) }),
    z.object({ path: z.array(Digest).max(128) }),
  ),

  "instance.launch": call(
    z.object({
      ...changing,
      /** Absent: a name is made up. */
      name: z.string().max(textMax).optional(),
      /** A name, `HOST:NAME` or an address (http, https); or the digest of an image sent before with `image.upload`. Absent: `images.default`. */
      image: z
        .union([
          z.object({ sha256: Digest, name: z.string().max(textMax) }),
          z.object({ name: z.string().min(1).max(textMax) }),
        ])
        .optional(),
      /** The caller's way out; in memory only. Absent: the daemon's own. */
      outside: Outside.optional(),
      cpus: Specs.shape.cpus.optional(),
      memory: Specs.shape.memory.optional(),
      disk: Specs.shape.disk.optional(),
      ...networkOfLaunch,
      /** A `#cloud-config` text for the first boot. */
      cloudInit: CloudInitText.optional(),
      labels: Labels.optional(),
      /** Folders of the host; one that cannot be made is degraded, and the launch goes on. */
      mounts: launchMounts,
      /** It goes to the trash by itself this long after the launch was asked for; for good when it is ephemeral. */
      lifetimeMs: z.int().min(1000).max(lifetimeMsMax).optional(),
      /** It is deleted for good when it stops. */
      ephemeral: z.boolean().optional(),
      timeoutMs: z.int().min(1000).max(86_400_000).optional(),
    }),
    Accepted,
  ),
  /** Ends a launch, by its command id, that still asks the hosts; it is refused with `cancelled` then. One that is an operation goes on. */
  "instance.abandon": call(z.object({ command: z.uuidv7() }), z.object({})),
  "instance.start": call(
    z.object({ ...changing, instance, timeoutMs: z.int().min(1000).max(86_400_000).optional() }),
    Accepted,
  ),
  "instance.stop": call(z.object({ ...changing, instance, force: z.boolean() }), Accepted),
  /** Stops it in order when that time is over, also after a restart of the daemon; its users are told meanwhile. One that is asked for already is replaced. */
  "instance.stop-later": call(
    z.object({ ...changing, instance, inMs: z.int().min(1000).max(lifetimeMsMax) }),
    Accepted,
  ),
  /** Calls that off. A start does so too. */
  "instance.stop-never": call(z.object({ ...changing, instance }), Accepted),
  /** Saves its memory and powers it off; a start goes on from there. */
  "instance.suspend": call(z.object({ ...changing, instance }), Accepted),
  "instance.rename": call(z.object({ ...changing, instance, name: z.string().max(textMax) }), Accepted),
  "instance.restart": call(
    z.object({ ...changing, instance, force: z.boolean(), timeoutMs: z.int().min(1000).max(86_400_000).optional() }),
    Accepted,
  ),
  "instance.delete": call(z.object({ ...changing, instance, purge: z.boolean() }), Accepted),
  "instance.recover": call(z.object({ ...changing, instance }), Accepted),
  /** Final. Only deleted instances. */
  "instance.purge": call(z.object({ ...changing, instance }), Accepted),
  "instance.list": call(z.object({}), z.array(InstanceView)),
  /** Names that do not exist fail the whole call with `instance-not-found`. */
  "instance.info": call(z.object({ instances: z.array(instance) }), z.array(InstanceView)),
  /** What the guests of running instances say of themselves; each has its facts, or why there are none. Answers within three seconds. */
  "instance.facts": call(z.object({ instances: z.array(instance).max(1_000) }), z.array(AskedGuest)),
  "instance.explain": call(z.object({ instance }), Explanation),
  "instance.console": stream(z.object({ instance, follow: z.boolean() }), z.object({ base64: z.string() })),

  /** A new instance, off, of a disk that was sent before with `image.upload`, and of the snapshots inside it. */
  "instance.import": call(
    z.object({
      ...changing,
      name: z.string().max(textMax),
      image: z.object({ sha256: Digest, title: z.string().max(textMax) }),
      specs: Specs,
      user: z.string().regex(loginName),
      from: ImportSource,
      /** Parents first. */
      snapshots: z.array(ImportedSnapshot).max(importedPointsMax),
      /** The name of the one that its present stands on. */
      head: z.string().max(textMax).optional(),
      /** It was deleted there. */
      isDeleted: z.boolean(),
    }),
    Accepted,
  ),

  ...mountCalls,
  ...pointCalls,
  ...forwardCalls,
  ...sshCalls,
  ...networkCalls,
  ...windowCalls,

  /** As they were then, folded from the log; all of them, or those of a name of then or of now. `before-beginning`: there was no log yet, or no such instance. */
  "past.instances": call(
    z.object({ at: At, instances: z.array(instance).optional() }),
    z.object({ asOf: AsOf, instances: z.array(InstanceView) }),
  ),
  /** As `image.list`, as they were then, with who stood on them. */
  "past.images": call(z.object({ at: At }), z.object({ asOf: AsOf, images: z.array(ImageView) })),
  /** As `point.tree`, as they were then; sizes are those that the log knew. */
  "past.points": call(
    z.object({ at: At, instance: instance.optional() }),
    z.object({ asOf: AsOf, points: z.array(PointTree) }),
  ),
  /** As `settings.list`, as they were then. */
  "past.settings": call(
    z.object({ at: At, key: z.string().max(textMax).optional() }),
    z.object({ asOf: AsOf, settings: z.array(SettingRow) }),
  ),

  "operation.follow": stream(z.object({ operation: z.string() }), Following),
  /** Asks a running operation to stop; the follower hears how it ended. `operation` is a number or an id. */
  "operation.cancel": call(z.object({ ...changing, operation: z.string() }), z.object({ operation: OperationBrief })),
  "operation.show": call(z.object({ operation: z.string() }), OperationRecord),
  "history.list": call(
    z.object({
      ...historyFilter,
      until: z.string().optional(),
      limit: z.int().min(1).max(10_000),
      /** Oldest first. */
      reverse: z.boolean(),
    }),
    z.array(HistoryRow),
  ),
  /** First the newest rows, oldest first, then a row as each operation ends. `after`: only what ends behind that position. */
  "history.follow": stream(
    z.object({ ...historyFilter, limit: z.int().min(0).max(1_000), after: z.int().min(0).optional() }),
    z.object({ position: z.int(), rows: z.array(HistoryRow) }),
  ),
  /** Durable events after a position, oldest first. */
  "event.feed": stream(z.object({ after: z.int().min(0), follow: z.boolean() }), EventView),

  "image.upload": frames(z.object({ command: z.uuidv7(), name: z.string().max(textMax), bytes: z.int().positive() })),
  "image.list": call(z.object({}), z.array(ImageView)),
  /** What hosts offer for this architecture. A host that fails is told of beside the others. */
  "image.find": call(
    z.object({
      /** A part of a name, release or title. Absent: everything that is supported. */
      text: z.string().max(textMax).optional(),
      /** This host alone. */
      host: z.string().max(textMax).optional(),
      /** Asks the hosts, however young the lists are that are here. */
      force: z.boolean(),
      /** Asks no host: answers from the lists that are here, whatever their age. */
      isOffline: z.boolean().optional(),
      outside: Outside.optional(),
    }),
    FoundImages,
  ),
  /** By name or by the beginning of the digest. Refused while an instance stands on it (`image-in-use`). */
  "image.remove": call(z.object({ ...changing, image: z.string().min(1).max(textMax) }), ImageView),
  /** Removes every image that no instance stands on and that nobody has used for `unusedMs`. */
  "image.prune": call(z.object({ ...changing, unusedMs: z.int().min(0) }), z.array(ImageView)),
  /** Trusts the keys of a keyring (base64) with lists of images: sets `images.keyring` to their fingerprints. */
  "image.trust": call(
    z.object({ ...changing, keyring: z.base64().max(keyringBase64Max) }),
    z.object({ fingerprints: z.array(z.string()), operation: OperationBrief.optional() }),
  ),

  /** Every key, those of instances (`local.NAME.cpus`) among them, or one. */
  "settings.list": call(z.object({ key: z.string().max(textMax).optional() }), z.array(SettingRow)),
  "settings.set": call(
    z.object({
      ...changing,
      key: z.string().max(textMax),
      value: z.string().max(textMax * 4),
      makesBridges: networkOfLaunch.makesBridges,
    }),
    Accepted,
  ),

  /** Keeps a hash of it, in the setting `passphrase`. Empty: there is none any more. */
  "passphrase.set": call(z.object({ ...changing, passphrase: Passphrase }), Accepted),
  /** Is it the one that was set? Refused while too many others ask (`passphrase-busy`). */
  "passphrase.check": call(
    z.object({ passphrase: Passphrase }),
    z.object({ isSet: z.boolean(), isRight: z.boolean() }),
  ),

  /**
   * exec and shell: no command means a login shell. A subsystem instead (RFC 4254, 6.5) speaks its own protocol in stdin and stdout. The frame `started` names the session; the exit frame carries the guest's
   * code or signal, and `timedOut` when the command was ended because its time was up.
   */
  "session.open": frames(
    z.object({
      command: z.uuidv7(),
      instance,
      words: z.array(z.string()).max(10_000).optional(),
      subsystem: z.literal("sftp").optional(),
      environment: z.record(z.string(), z.string()),
      directory: z.string().optional(),
      terminal: z
        .object({ term: z.string(), columns: z.int().min(1).max(10_000), rows: z.int().min(1).max(10_000) })
        .optional(),
      /** The command is ended after this long. */
      timeoutMs: z.int().min(1000).max(86_400_000).optional(),
    }),
  ),
  ...terminalCalls,
  ...metricCalls,
} as const;

export type Contract = typeof contract;
export type CallName = {
  [Name in keyof Contract]: Contract[Name]["kind"] extends "call" ? Name : never;
}[keyof Contract];
export type StreamName = {
  [Name in keyof Contract]: Contract[Name]["kind"] extends "stream" ? Name : never;
}[keyof Contract];
export type FramesName = {
  [Name in keyof Contract]: Contract[Name]["kind"] extends "frames" ? Name : never;
}[keyof Contract];
export type Input<Name extends keyof Contract> = z.infer<Contract[Name]["input"]>;
export type Output<Name extends keyof Contract> = z.infer<Contract[Name]["output"]>;
