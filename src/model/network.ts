/** Networks: what they are called and what they are, what an instance has of them, and how they look from outside. */
import { z } from "zod";

/** `nat`: its instances see each other and the outside; `isolated`: only each other. */
export const NetworkKind = z.enum(["nat", "isolated"]);
export type NetworkKind = z.infer<typeof NetworkKind>;

/** How machines are connected: each to a user-mode network of its own, with a switch between them; or to a bridge of the host. */
export const Attachment = z.enum(["user", "bridge"]);
export type Attachment = z.infer<typeof Attachment>;

/** The network that an instance was put into when it was made. */
export const Joined = z.object({
  name: z.string(),
  attachment: Attachment,
  /** Of the network as the instance's machine knows it. */
  subnet: z.string(),
  /** Its address was asked for. */
  isStatic: z.boolean().optional(),
});
export type Joined = z.infer<typeof Joined>;

/** One more network card, bridged to an interface of the host. `auto`: the guest asks for an address there. */
export const Interface = z.object({ network: z.string(), mac: z.string(), mode: z.enum(["auto", "manual"]) });
export type Interface = z.infer<typeof Interface>;

/** What of an instance's networks can be changed later, and comes back with a point. */
export const NetworkConfiguration = z.object({
  /** In its one form (model/allow-net.ts); absent: all. */
  allowNet: z.string().optional(),
  interfaces: z.array(Interface).optional(),
});
export type NetworkConfiguration = z.infer<typeof NetworkConfiguration>;

/** What an instance tried and was not let do. */
export const RefusedAttempt = z.object({
  /** Name or address, as it was asked for. */
  destination: z.string(),
  protocol: z.enum(["tcp", "udp", "icmp", "dns", "other"]),
  port: z.int().optional(),
  count: z.int(),
});
export type RefusedAttempt = z.infer<typeof RefusedAttempt>;

/** What an instance has of networks, whether it runs or not. */
export const InstanceNetwork = z.object({
  name: z.string(),
  attachment: Attachment,
  address: z.string(),
  mac: z.string(),
  /** It was asked for. */
  isStatic: z.boolean(),
  /** `all`, `none`, or hosts with commas between. */
  allowNet: z.string(),
  interfaces: z.array(Interface),
  isDetached: z.boolean(),
  /** Attempts to speak to others, since the beginning, and when the last was. */
  refused: z.object({ total: z.int(), at: z.string(), attempts: z.array(RefusedAttempt) }).optional(),
});
export type InstanceNetwork = z.infer<typeof InstanceNetwork>;

export const NetworkView = z.object({
  name: z.string(),
  kind: NetworkKind,
  subnet: z.string(),
  /** Absent: it is the one that is always there. */
  createdAt: z.string().optional(),
  /** Instances in it, those in the trash too. */
  instances: z.int(),
});
export type NetworkView = z.infer<typeof NetworkView>;

/** Who has which address. */
export const AddressView = z.object({
  address: z.string(),
  instance: z.string(),
  mac: z.string(),
  state: z.string(),
  attachment: Attachment,
  /** It was asked for. */
  isStatic: z.boolean(),
  isDetached: z.boolean(),
});
export type AddressView = z.infer<typeof AddressView>;

/** Who had an address, and when. */
export const LeaseView = z.object({
  address: z.string(),
  network: z.string(),
  instance: z.string(),
  id: z.string(),
  from: z.string(),
  /** When the instance went for good; absent: it has the address still. */
  until: z.string().optional(),
});
export type LeaseView = z.infer<typeof LeaseView>;

/** An interface of the host. */
export const HostInterface = z.object({
  name: z.string(),
  type: z.enum(["ethernet", "wifi", "bridge"]),
  description: z.string(),
  /** An instance can be connected to it. */
  isUsable: z.boolean(),
  /** A bridge has to be made for that, which interrupts it for a moment. */
  needsBridge: z.boolean(),
});
export type HostInterface = z.infer<typeof HostInterface>;
