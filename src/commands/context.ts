/** Everything a command may touch: the API, where it prints, and the few things of this machine that a client needs. Main fills it. */
import type { ApiClient } from "../api/client.ts";
import type { Captured } from "../model/captured.ts";
import type { ForeignAliases, ForeignInstance, ForeignStore } from "../model/foreign.ts";
import type { ShownProgress } from "../model/operation.ts";
import type { Outside } from "../model/outside.ts";
import type { Secret } from "../model/secret.ts";
import type { TerminalView } from "../model/terminal.ts";
import type { formats } from "../render/format.ts";
import type { Check } from "../model/check.ts";
import type { ArchiveReport, Proof, RestoreReport, VerifyReport } from "../model/audit.ts";
import type { Part } from "../render/licenses.ts";
import type { SshHost } from "../model/ssh.ts";
import type { SshPlaces } from "../render/ssh-config.ts";
import type { View } from "../render/view.ts";
import type { Screen } from "./screen.ts";
import type { FileTransfers } from "./context-transfer.ts";
export type {
  TransferPlace,
  TransferPlan,
  TransferFault,
  TransferWatch,
  Transferred,
  FileTransfers,
} from "./context-transfer.ts";

/** What the common options ask of the answer. */
export interface Shape {
  readonly format?: (typeof formats)[number] | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

export interface Context {
  readonly version: string;
  readonly api: ApiClient;
  /** Data, to standard output, in the format asked for. */
  show(view: View, shape: Shape): Promise<void>;
  /** The same as text, for a screen. */
  text(view: View, shape: Shape): Promise<string>;
  readonly stdout: Output;
  /** Talk, to standard error, a line at a time. */
  say(line: string): void;
  /** Takes the terminal over; standard output and input are it. */
  screen(): Promise<Screen>;
  /** Reports work under way on standard error: animated on a terminal, finished lines elsewhere. */
  progress(): ProgressReport;
  /** A moment as people say it (`2h`, `14:05`) as ISO 8601 in UTC. Throws `time-invalid`. */
  moment(text: string): string;
  /** Asks on the terminal, unless `isSure`; returns when the answer is yes. Throws `not-confirmed`, and `confirmation-needed` where nobody can be asked. */
  confirm(question: string, isSure: boolean): Promise<void>;
  /** A recorded time as people read it, in their time zone. */
  localTime(time: string): string;
  /** Milliseconds since a recorded time; negative for one to come. */
  ageMs(time: string): number;
  /** An id for a changing call; the daemon does one id's work once. */
  newCommand(): string;
  /** --reason, else STRATA_REASON. */
  reason(given: string | undefined): { reason?: string };
  readonly clock: { monotonicMs(): number; sleep(ms: number): Promise<void> };
  /** Calls `listener` at each Ctrl-C, and once with `hangup` when the terminal closes, until the answer is called. */
  onInterrupt(listener: (how: "interrupt" | "hangup") => void): () => void;
  /** Where the command was typed; absolute, empty when that folder is gone. */
  readonly directory: string;
  /** What stands at a path of this machine that should be a folder. */
  folderStatus(path: string): "folder" | "missing" | "no-folder" | "unreadable";
  readonly session: Sessions;
  readonly images: ImageFiles;
  /** The `#cloud-config` text that `source` means: a file, a web address, or `-`. Throws `cloud-init-unreadable` and `cloud-init-invalid`. */
  cloudInit(source: string): Promise<CloudInitText>;
  /** A passphrase out of a file, or of standard input for `-`. Throws `passphrase-unreadable` and `interrupted`. */
  passphrase(source: string): Promise<Secret<string>>;
  /** How this caller reaches the world: sent with what may make the daemon fetch something. Throws `certificates-unreadable`. */
  outside(): Promise<Outside>;
  readonly pastFiles: PastFiles;
  readonly transfers: FileTransfers;
  readonly foreign: ForeignStores;
  readonly settings: ClientSettings;
  readonly audit: Audit;
  readonly daemon: DaemonRole;
  /** This user's files for SSH clients. */
  ssh(): Promise<SshFiles>;
  service(): Promise<ServiceRole>;
  /** Shows a page of this machine in the user's browser. Undefined: nothing here does that; a text: why it could not be done. */
  openPage(url: string): Promise<Opening | string | undefined>;
  /** Daemons of this machine that are not asked, and how to ask them. */
  otherDaemons(): readonly { readonly what: string; readonly next: string }[];
  /** The checks of `strata doctor`; no daemon is started for them. */
  examine(): Promise<readonly Check[]>;
  /** Everything that this executable is made of. */
  licenses(): Promise<readonly Part[]>;
}

export interface SshFiles {
  /** The key is there, made if need be, and the host keys of these are known. Throws `ssh-key-unreadable`. */
  prepare(hosts: readonly SshHost[]): Promise<SshPlaces>;
  /** Keeps the text in a file of ours; `isIncluded`: the user's own configuration names it. */
  write(text: string): { readonly path: string; readonly isIncluded: boolean };
}

export interface Output {
  readonly isTerminal: boolean;
  /** The reader went away (`| head`): nothing more will be read. */
  readonly isClosed: boolean;
  write(data: string | Uint8Array): void;
}

export interface ProgressReport {
  /** Another line of progress of one piece of work; `subject` names it when there are several. */
  add(progress: ShownProgress, subject?: string): void;
  /** A finished line, above whatever moves. */
  say(line: string): void;
  /** Takes what moves off the screen. */
  close(): void;
}

/** exec and shell. */
export interface Sessions {
  /** Resolves with the exit code for the shell that called us. */
  open(request: SessionRequest): Promise<number>;
  /** Without a terminal, its outputs collected up to `bytesMax` each. */
  capture(request: SessionRequest, bytesMax: number): Promise<Captured>;
  /** A login shell whose terminal the daemon keeps; nobody is attached yet. Throws `terminal-needed`, as `attach` does. */
  keep(request: SessionRequest): Promise<TerminalView>;
  /** Joins one to this terminal, by its id; resolves with the shell's exit code, or when the user has left it running. */
  attach(terminal: string): Promise<number | "left">;
}

export interface SessionRequest {
  readonly instance: string;
  /** Absent: a login shell. */
  readonly words?: readonly string[];
  readonly directory?: string;
  /** Variables for the command, by name. */
  readonly environment?: Readonly<Record<string, string>>;
  /** It is ended after this long. */
  readonly timeoutMs?: number;
}

export interface ImageFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface CloudInitText {
  readonly text: Secret<string>;
  /** Keys in it that are not used, since the instance has its own. */
  readonly ignored: readonly string[];
}

/** Image files of this machine, read by the client and never by the daemon. */
export interface ImageFiles {
  /** The file that `image` means, hashed; undefined when it is a plain name. Throws `image-unreadable`. */
  read(
    image: string,
    onBytes: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<ImageFile | undefined>;
  /** A keyring's content as base64. Throws `keyring-unreadable`. */
  keyring(path: string): Promise<string>;
  /** Streams it to the daemon; answers the SHA-256 of the image that it found in it. */
  upload(file: ImageFile, onBytes: (done: number, total: number) => void, signal: AbortSignal): Promise<string>;
}

/** Files out of points, written by the client. */
export interface PastFiles {
  /**
   * `target`: a file, a folder, or `-`. Resolves with where it is and its bytes. Throws what the daemon says, `path-is-folder` for a
   * folder that is not to become a .tar, and `file-not-written`; nothing is left then.
   */
  fetch(
    place: { readonly instance: string; readonly point: string; readonly path: string },
    target: string,
    signal: AbortSignal,
  ): Promise<{ readonly path: string; readonly bytes: number }>;
}

/** What other managers keep on this machine, read with the caller's own rights, and only read. */
export interface ForeignStores {
  /** Multipass's storage; absent: where its packages have it. Throws `storage-not-found`, `storage-unreadable`, `storage-damaged`. */
  multipass(directory: string | undefined): Promise<ForeignStore>;
  /** Sends a disk to the daemon as an image, and answers its digest. Throws `disk-changed`, and as the daemon says. */
  send(
    instance: Pick<ForeignInstance, "name" | "disk">,
    onBytes: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<string>;
  /**
   * Adds those of `instances` to this user's own aliases. Answers the names of what came, and of what stayed as it was since another
   * one has its place. Throws `client-file-invalid`, `alias-script-not-made`.
   */
  takeAliases(
    aliases: ForeignAliases,
    instances: readonly string[],
  ): Promise<{ readonly added: readonly string[]; readonly kept: readonly string[] }>;
}

/** `client.*` settings, in the client's own file. */
export interface ClientSettings {
  list(): readonly { key: string; value: string; default: string; about: string }[];
  set(key: string, value: string): void;
}

/** What a log is verified against, and how much of it. */
export interface VerifyHow {
  /** A file with an earlier seal, which the log must contain. */
  readonly seal?: string | undefined;
  /** A folder with events that were moved there; they are looked for where they were put, too. */
  readonly archive?: string | undefined;
  /** Not what was archived, even if it is at hand. */
  readonly isHereOnly?: boolean;
}

/** The log itself, read without a daemon. All throw `log-not-found` when there is none, and `log-unreadable`. */
export interface Audit {
  verify(how: VerifyHow): Promise<VerifyReport>;
  /** What is not here, and where it was moved; undefined: all is here. */
  archived(): Promise<VerifyReport["archived"]>;
  /** Moves the oldest events to a folder: what was before a time (ISO 8601), or all but the newest segments. */
  archive(target: string, choice: { readonly before: string } | { readonly keep: number }): Promise<ArchiveReport>;
  /** That the newest seal is of a log with this event. */
  prove(position: number): Promise<Proof>;
  /** Makes a folder, or an archive for NAME.tar that unpacks to `folder`, with the log, its seals and a verifier; `path` is absolute. */
  exportBundle(target: string): Promise<{ files: number; bytes: number; path: string; folder?: string }>;
  /** Forgets the seal that was seen last of the daemon that is asked; false when there was none. */
  forget(): boolean;
  /** Whole lines as they are on disk, several at a time: behind a position, and from a time on (ISO 8601). */
  cat(from: { readonly after?: number; readonly since?: string }): AsyncIterable<Uint8Array>;
  tail(lines: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array>;
  /** Puts lost records back from a copy; not `isWanted`: only says what would be. */
  repair(from: string, isWanted: boolean): Promise<RestoreReport>;
}

/** A browser that was asked to show a page. */
export interface Opening {
  /** Name of the program that was started. */
  readonly program: string;
  /** Undefined while it runs. */
  exitCode(): number | undefined;
  /** Takes away what led the browser to the page. */
  close(): void;
}

/** strata as a service of this machine's service manager. Both throw before anything is done, or take back what was done. */
export interface ServiceRole {
  /** `beforeStart` is called when all is in place but the start. */
  install(beforeStart: () => Promise<void>): Promise<Service & { readonly lingers: boolean }>;
  uninstall(): Promise<Service>;
}

export interface Service {
  readonly scope: "system" | "user";
  /** Of the unit file. */
  readonly path: string;
}

/** The daemon as a program of this machine. */
export interface DaemonRole {
  /** Is the daemon in the foreground until it is told to stop; resolves with its exit code. */
  run(): Promise<number>;
  /** A process that has ended and was not collected yet is not alive. */
  isAlive(pid: number): Promise<boolean>;
}
