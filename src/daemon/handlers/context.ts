/** What the API's handlers work with. */
import type { Config } from "../../config.ts";
import type { Driver } from "../../drivers/driver.ts";
import type { Actor } from "../../events/envelope.ts";
import type { EventLog } from "../../events/store/log.ts";
import type { ImageFolder } from "../../images/folder.ts";
import type { Supply } from "../../images/supply.ts";
import type { Trust } from "../../images/trust.ts";
import type { Vault } from "../../images/vault.ts";
import type { AnchorView, SinkView } from "../../model/view.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Files } from "../../sys/files.ts";
import type { HostPorts } from "../../sys/host-ports.ts";
import type { Ids } from "../../sys/ids.ts";
import type { CloudInitStore } from "../cloud-init.ts";
import type { Dispatcher } from "../dispatch.ts";
import type { HostNames } from "../host-names/resolved.ts";
import type { ForwardKeeper } from "../forwards/keeper.ts";
import type { NetworkKeeper } from "../networks/keeper.ts";
import type { Order, Orders } from "../orders.ts";
import type { ProgressBoard } from "../progress.ts";
import type { Reactor } from "../reactor.ts";

export interface Daemon {
  readonly config: Config;
  readonly version: string;
  readonly log: EventLog;
  readonly dispatcher: Dispatcher;
  readonly reactor: Reactor;
  readonly driver: Driver;
  readonly board: ProgressBoard;
  readonly cloudInit: CloudInitStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly startedAt: string;
  readonly files: Files;
  readonly folder: Pick<ImageFolder, "find" | "names">;
  readonly vault: Pick<Vault, "find" | "remove">;
  readonly supply: Pick<Supply, "choose" | "catalog" | "folder">;
  readonly trust: Pick<Trust, "add">;
  readonly orders: Pick<Orders, "keep">;
  /** The daemon's own way out, for a caller that tells none. */
  readonly outside: () => Promise<Order["outside"]>;
  readonly hostPorts: HostPorts;
  readonly forwards: Pick<ForwardKeeper, "settle">;
  readonly networks: Pick<NetworkKeeper, "problemOf" | "canBridge">;
  /** Whether this host finds instances by name. */
  hostNames(): HostNames;
  /** Processors of the host. */
  readonly processors: number;
  /** Of the host, in bytes. */
  readonly memoryBytes: number;
  /** When the whole log was last verified in this daemon's life, without finding damage. */
  logCheckedAt(): string | undefined;
  /** Where seals are sent, and how that went; undefined: nowhere. */
  anchored(): AnchorView | undefined;
  /** Where events are sent on, and how that goes; undefined: nowhere. */
  sunk(): SinkView | undefined;
  /** A line for the daemon's own log. */
  report(line: string): void;
  /** Ends the daemon; machines run on. */
  stop(why: string): void;
}

/** Who calls, as it goes into the log. */
export interface Caller {
  readonly actor: Actor;
  /** As the kernel tells it. */
  readonly account?: { readonly uid: number; readonly gid: number };
}
