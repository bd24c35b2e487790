/** Everything that the daemon answers: the handlers of all calls behind its door, and the socket they are reached at. */
import { versionHeader } from "../api/protocol.ts";
import { type CallHandlers, serve, type Service } from "../api/server.ts";
import { type Config, systemGroup } from "../config.ts";
import { messageOf } from "../errors.ts";
import { type Listening, listenHttp } from "../sys/http.ts";
import { systemProcesses } from "../sys/process.ts";
import { self } from "../sys/self.ts";
import { groupId } from "../sys/users.ts";
import type { Door } from "./door.ts";
import { auditHandlers } from "./handlers/audit.ts";
import { configurationHandlers } from "./handlers/configuration.ts";
import type { Caller, Daemon } from "./handlers/context.ts";
import { factsHandlers } from "./handlers/facts.ts";
import { framesHandlers, type FramesOptions } from "./handlers/frames.ts";
import { forwardHandlers } from "./handlers/forwards.ts";
import { importHandlers } from "./handlers/import.ts";
import { imageHandlers } from "./handlers/images.ts";
import { laterHandlers } from "./handlers/later.ts";
import { lifecycleHandlers } from "./handlers/lifecycle.ts";
import { mountHandlers } from "./handlers/mounts.ts";
import { networkHandlers } from "./handlers/networks.ts";
import { rollbackHandlers } from "./handlers/rollback.ts";
import { passphraseHandlers } from "./handlers/passphrase.ts";
import { undoHandlers } from "./handlers/undo.ts";
import { createPast } from "./past.ts";
import { pointHandlers } from "./handlers/points.ts";
import { pastHandlers } from "./handlers/past.ts";
import { readingHandlers } from "./handlers/reading.ts";
import { sshHandlers } from "./handlers/ssh.ts";
import { statusHandlers } from "./handlers/status.ts";
import { streamHandlers } from "./handlers/streams.ts";
import { metricHandlers, type Metering, metricStreams } from "./handlers/metrics.ts";
import { terminalHandlers } from "./handlers/terminals.ts";
import { windowHandlers } from "./handlers/window.ts";
import { createTerminals } from "./terminals/terminals.ts";
import type { Window } from "./window/window.ts";

export interface ServiceOptions extends Omit<FramesOptions, "terminals"> {
  readonly door: Door;
  readonly window: Window;
  readonly metering: Metering;
}

export function createService(daemon: Daemon, options: ServiceOptions): Service<Caller> {
  const { config, files, log, clock } = daemon;
  // One for all: a world of then is large.
  const past = createPast({ directory: config.directory, files, log, clock });
  const terminals = createTerminals({ ...daemon, ...options });
  const calls: CallHandlers<Caller> = {
    ...statusHandlers(daemon, self, systemProcesses),
    ...lifecycleHandlers(daemon),
    ...importHandlers(daemon),
    ...laterHandlers(daemon),
    ...mountHandlers(daemon),
    ...readingHandlers(daemon),
    ...pointHandlers(daemon),
    ...undoHandlers(daemon, past),
    ...rollbackHandlers(daemon, past),
    ...pastHandlers(daemon, past),
    ...configurationHandlers(daemon),
    ...forwardHandlers(daemon),
    ...sshHandlers(daemon, options),
    ...networkHandlers(daemon, past),
    ...passphraseHandlers(daemon),
    ...factsHandlers(daemon, options),
    ...imageHandlers(daemon),
    ...auditHandlers(daemon),
    ...windowHandlers(options.window),
    ...terminalHandlers(daemon, terminals),
    ...metricHandlers(daemon, options.metering, terminals),
  };
  return {
    version: daemon.version,
    calls,
    streams: { ...streamHandlers(daemon), ...metricStreams(daemon, options.metering) },
    frames: framesHandlers(daemon, { ...options, terminals }),
    admit: options.door.admit,
    needsGreeting: (headers) => headers[versionHeader] !== daemon.version || daemon.log.mode().kind === "read-only",
    report: (call, error) =>
      daemon.report(`${call}: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`),
  };
}

export function listen(config: Config, service: Service<Caller>): Promise<Listening> {
  const group = config.isSystem ? groupId(systemGroup) : undefined;
  const access = group === undefined ? { mode: 0o600 } : { mode: 0o660, group };
  return listenHttp(config.socket, access, serve(service));
}
