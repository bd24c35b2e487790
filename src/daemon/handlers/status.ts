/** The calls about the daemon itself. */
import type { World } from "../../events/world.ts";
import type { CallHandlers } from "../../api/server.ts";
import { protocolVersion } from "../../api/protocol.ts";
import { exitCodes, UserError } from "../../errors.ts";
import { placesOf } from "../../events/store/archive/base.ts";
import type { Processes } from "../../sys/process.ts";
import type { Self } from "../../sys/self.ts";
import { viewSeal } from "./audit.ts";
import { examineDaemon } from "../doctor/doctor.ts";
import { measureUsage } from "../usage.ts";
import type { Caller, Daemon } from "./context.ts";

type Names = "daemon.hello" | "daemon.status" | "daemon.usage" | "daemon.doctor" | "daemon.stop";

export function statusHandlers(
  daemon: Daemon,
  self: Self,
  processes: Pick<Processes, "list">,
): Pick<CallHandlers<Caller>, Names> {
  const { config, version, dispatcher, log, startedAt } = daemon;
  const { pid } = self;
  return {
    "daemon.hello": async (client) => {
      if (client.protocol !== protocolVersion) {
        throw new UserError(
          "protocol-mismatch",
          `this daemon (strata ${version}) speaks protocol ${protocolVersion}, the client ${client.protocol}`,
          {
            exit: exitCodes.unreachable,
            hints: [["next", "strata daemon stop"]],
          },
        );
      }
      const mode = log.mode();
      const seal = viewSeal(log);
      return {
        version,
        protocol: protocolVersion,
        pid,
        directory: config.directory,
        busy: isBusy(dispatcher.world()),
        ...(mode.kind === "read-only" ? { readOnly: mode.error.message } : {}),
        ...(seal && { seal }),
      };
    },
    "daemon.status": async () => {
      const { instances, pending } = dispatcher.world();
      const seal = log.seal();
      const anchor = daemon.anchored();
      const sink = daemon.sunk();
      const mode = log.mode();
      const archived = log.archived();
      return {
        pid,
        version,
        protocol: protocolVersion,
        directory: config.directory,
        socket: config.socket,
        startedAt,
        user: config.user.name,
        log: {
          id: log.id,
          position: log.position(),
          durable: log.durable(),
          mode: mode.kind,
          ...(mode.kind === "read-only" ? { why: mode.error.message } : {}),
          ...(seal && { sealed: seal.size }),
          ...(archived && { archived: { upTo: archived.upTo, places: placesOf(archived) } }),
        },
        ...(anchor && { anchor }),
        ...(sink && { sink }),
        instances: instances.size,
        running: [...instances.values()].filter((state) => state.power === "running").length,
        operations: pending.size,
        memoryBytes: self.residentBytes(),
      };
    },
    "daemon.usage": () => measureUsage({ directory: config.directory, files: daemon.files, world: dispatcher.world() }),
    "daemon.doctor": async () => ({ checks: await examineDaemon(daemon, processes) }),
    "daemon.stop": async (_input, caller) => {
      daemon.stop(`asked by ${caller.actor.name}`);
      return { pid };
    },
  };
}

/** Something is under way that would end with the daemon: operations, and sessions, those of kept terminals too. */
const isBusy = ({ pending, instances }: World): boolean =>
  pending.size > 0 || [...instances.values()].some(({ sessions }) => Object.keys(sessions).length > 0);
