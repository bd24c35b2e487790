/** Fills a command's Context from this machine. What is heavy is loaded by the port that needs it, when it is first used. */
import { createClient } from "../api/client.ts";
import type { ApiClient, Hello, Line } from "../api/client.ts";
import { createStarter, daemonEnvironment } from "../api/starter.ts";
import type { DaemonStarter } from "../api/starter.ts";
import type { Context, Shape } from "../commands/context.ts";
import { checkRuntimeDirectory, chooseTarget, otherDaemons } from "../config.ts";
import type { Config } from "../config.ts";
import { render } from "../render/format.ts";
import { createProgress } from "../render/progress.ts";
import { printable } from "../render/text.ts";
import type { Page } from "../render/view.ts";
import { systemClock } from "../sys/clock.ts";
import { isMissing, spawnDetached } from "../sys/detached.ts";
import { systemIds } from "../sys/ids.ts";
import { every, onInterrupt } from "../sys/interrupts.ts";
import { localTime } from "../sys/local-time.ts";
import { parseMoment } from "../sys/moment.ts";
import { columnsOf, outputStream, textWidth } from "../sys/output.ts";
import { folderStatus } from "../sys/folder-status.ts";
import { workingDirectory } from "../sys/self.ts";
import { findScope } from "../sys/scope.ts";
import type { OutputStream } from "../sys/output.ts";
import { auditPort } from "./audit.ts";
import { confirm } from "./confirm.ts";
import { readCloudInit } from "./cloud-init.ts";
import { daemonRole } from "./daemon-role.ts";
import { imageFiles } from "./images.ts";
import { licenses } from "./licenses.ts";
import { readOutside } from "./outside.ts";
import { forgetDaemon, witness } from "./witness.ts";
import { clientSettings } from "./settings.ts";

export interface ContextParts {
  readonly config: Config;
  readonly version: string;
  /** --host */
  readonly host: string | undefined;
  readonly stderr: OutputStream;
  /** Nobody is told that a daemon was started for the first time. */
  readonly isFirstStartSilent?: boolean;
}

export function createContext({ config, version, host, stderr, isFirstStartSilent }: ContextParts): Context {
  const stdout = outputStream(1);
  const say = (line: string) => stderr.write(`${line}\n`);
  const target = chooseTarget(config, host);
  const starter =
    target.directory === undefined
      ? undefined
      : starterOf(config, target.directory, isFirstStartSilent ? () => undefined : say);
  const check = () => {
    if (target.socket === config.socket) checkRuntimeDirectory(config);
  };
  const onReadOnly = (why: string) => say(`warning     ${why}`);
  const memory = { path: config.sealMemoryFile, socket: target.socket };
  const onGreeted = (hello: Hello, line: Line) =>
    witness({ ...memory, version, nowMs: () => systemClock.now().getTime(), say }, hello, line);
  const api: ApiClient = createClient({ onReadOnly, onGreeted, target, version, check, ...(starter && { starter }) });
  return {
    version,
    api,
    stdout,
    say,
    async show(view, shape) {
      stdout.write(await render(view, formatOf(shape), pageOf(stdout, 1, config)));
    },
    text: (view, shape) => Promise.resolve(render(view, formatOf(shape), pageOf(stdout, 1, config))),
    async screen() {
      const { openScreen } = await import("./screen.ts");
      return openScreen();
    },
    progress: () =>
      createProgress({
        isTerminal: stderr.isTerminal,
        page: pageOf(stderr, 2, config),
        write: (text) => stderr.write(text),
        monotonicMs: () => systemClock.monotonicMs(),
        every,
      }),
    ageMs,
    confirm,
    localTime: (time) => localTime(time, systemClock.now()),
    moment: (text) => parseMoment(text, systemClock.now()),
    newCommand: () => systemIds.next(),
    reason(given) {
      const reason = given ?? config.reason;
      return reason === undefined ? {} : { reason };
    },
    clock: systemClock,
    onInterrupt,
    directory: workingDirectory(),
    folderStatus,
    session: {
      async open(request) {
        const { openSession } = await import("./session.ts");
        return openSession(api, { version, term: config.term }, request);
      },
      async capture(request, bytesMax) {
        const { captureSession } = await import("./session.ts");
        return captureSession(api, version, request, bytesMax);
      },
      async keep(request) {
        const { openKept } = await import("./kept.ts");
        return openKept(api, config.term, request);
      },
      async attach(terminal) {
        const { attachKept } = await import("./kept.ts");
        return attachKept(api, version, terminal);
      },
    },
    images: imageFiles(api, version),
    cloudInit: readCloudInit,
    outside: () => readOutside(config),
    pastFiles: {
      async fetch(...request) {
        const { pastFiles } = await import("./past-files.ts");
        return pastFiles(api, version, stdout).fetch(...request);
      },
    },
    transfers: {
      async run(plan, watch) {
        const { fileTransfers } = await import("./transfer/transfer.ts");
        return fileTransfers(api, version).run(plan, watch);
      },
    },
    foreign: {
      async multipass(directory) {
        const { foreignStores } = await import("./import/store.ts");
        return foreignStores(api, version, config.environment).multipass(directory);
      },
      async send(...request) {
        const { foreignStores } = await import("./import/store.ts");
        return foreignStores(api, version, config.environment).send(...request);
      },
      async takeAliases(...found) {
        const { takeAliases } = await import("./import/aliases.ts");
        return takeAliases(config, ...found);
      },
    },
    async passphrase(source) {
      const { readPassphrase } = await import("./passphrase.ts");
      return readPassphrase(source);
    },
    settings: clientSettings(config.clientFile),
    audit: { ...auditPort(config.directory, config.user), forget: () => forgetDaemon(memory) },
    daemon: daemonRole(config, version),
    async ssh() {
      const { sshFiles } = await import("./ssh/files.ts");
      return sshFiles(config, host);
    },
    async service() {
      const { serviceRole } = await import("./service/service.ts");
      return serviceRole(config);
    },
    async openPage(url) {
      const { openInBrowser } = await import("./browser.ts");
      return openInBrowser(config, url);
    },
    licenses,
    async examine() {
      const { examine } = await import("./doctor.ts");
      return examine(config, target, version);
    },
    otherDaemons: () => otherDaemons(config, target),
  };
}

const ageMs = (time: string) => systemClock.now().getTime() - new Date(time).getTime();

function formatOf({ format, json, quiet }: Shape): Parameters<typeof render>[1] {
  if (quiet) return "quiet";
  if (json) return "json";
  return format ?? "table";
}

function pageOf(stream: OutputStream, descriptor: 1 | 2, config: Config): Page {
  return {
    columns: columnsOf(descriptor),
    color: stream.isTerminal && config.color,
    localTime: (time) => localTime(time, systemClock.now()),
    width: textWidth,
    age: ageMs,
  };
}

function starterOf(config: Config, directory: string, say: (line: string) => void): DaemonStarter {
  return createStarter({
    directory,
    clock: systemClock,
    isNew: isMissing(directory),
    spawn: (logFile) =>
      spawnDetached({
        command: [
          ...findScope(config.environment, config.searchPath, config.user.uid).words,
          ...config.program,
          "daemon",
          "run",
        ],
        environment: daemonEnvironment(config.environment, directory),
        logFile,
      }),
    onFirstStart: () => say(`first start: daemon of ${config.user.name} running, data in ${printable(directory)}`),
  });
}
