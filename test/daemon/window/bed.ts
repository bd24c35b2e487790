/** The window of a real daemon, and requests at it that say exactly what a test wants them to say. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallName, Input, Output } from "../../../src/api/contract.ts";
import type { Grant } from "../../../src/daemon/window/session.ts";
import { type CliResult, startCli } from "../../commands/stand-in.ts";

const answerMsMax = 40_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Of an error in the body. */
  readonly code: string | undefined;
}

export type Headers = Readonly<Record<string, string | undefined>>;

export interface WindowBed {
  readonly directory: string;
  run(...argv: string[]): Promise<CliResult>;
  /** In an environment that has these as well. */
  runIn(more: Record<string, string>, ...argv: string[]): Promise<CliResult>;
  /** Asks for the window over the unix socket: its port and its token. */
  open(): Promise<{ port: number; token: string; session: string }>;
  /** Asks for it, and signs in. */
  enter(): Promise<Entered>;
  /** Ends the daemon, and waits until it is gone. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  events(): Promise<Record<string, unknown>[]>;
  /** All that the daemon wrote: its log and its own log. */
  written(): Promise<string>;
  /** Lines of its own log beyond those of its start. */
  reports(): string[];
  close(): Promise<void>;
}

export interface Entered extends Grant {
  readonly port: number;
  readonly session: string;
  /** A call with the bearer, as the page makes it. */
  call<Name extends CallName>(name: Name, input: Input<Name>): Promise<Output<Name>>;
  post(path: string, body?: unknown, headers?: Headers): Promise<Answer>;
}

/** A daemon from its source. `close` ends it and leaves nothing. */
export async function startWindowBed(): Promise<WindowBed> {
  const directory = mkdtempSync(join(tmpdir(), "strata-window-"));
  const home = join(directory, "data");
  const environment = { STRATA_HOME: home, XDG_RUNTIME_DIR: directory, XDG_CONFIG_HOME: directory, HOME: directory };
  const run = (...argv: string[]) => startCli(argv, environment).result();
  const ok = async (...argv: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...argv);
    if (code !== 0) throw new Error(`strata ${argv.join(" ")}: ${stderr}`);
    return stdout;
  };
  const open = async () => {
    const { url, session } = JSON.parse(await ok("gui", "--print", "--json")) as { url: string; session: string };
    const { port, hash } = new URL(url);
    return { port: Number(port), token: hash.replace("#token=", ""), session };
  };
  const enter = async (): Promise<Entered> => {
    const { port, token, session } = await open();
    const { text } = await post(port, "/session", { token });
    return entered(port, session, JSON.parse(text) as Grant);
  };
  return {
    directory,
    run,
    runIn: (more, ...argv) => startCli(argv, { ...environment, ...more }).result(),
    open,
    enter,
    events: async () =>
      (await ok("events"))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    written: async () => `${await ok("events")}${readFileSync(join(home, "daemon.log"), "utf8")}`,
    reports: () =>
      readFileSync(join(home, "daemon.log"), "utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.includes("ready at ")),
    async end(signal) {
      const { pid } = JSON.parse(await ok("daemon", "status", "--json")) as { pid: number };
      process.kill(pid, signal);
      await until("the daemon is gone", () => !isRunning(pid));
    },
    async close() {
      await run("daemon", "stop");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function entered(port: number, session: string, grant: Grant): Entered {
  const authorization = { authorization: `Bearer ${grant.bearer}` };
  return {
    ...grant,
    port,
    session,
    post: (path, body, headers) => post(port, path, body, { ...authorization, ...headers }),
    async call(name, input) {
      const { status, text } = await post(port, `/v1/${name}`, input, authorization);
      if (status !== 200) throw new Error(`${name}: ${status} ${text}`);
      return JSON.parse(text);
    },
  };
}

/** As the page posts, save what `headers` says otherwise; undefined leaves a header out. */
export const post = (port: number, path: string, body: unknown = {}, headers: Headers = {}): Promise<Answer> =>
  ask(port, `POST ${path}`, { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin", ...headers }, body);

/** One request on a connection of its own, every byte of it ours. */
export async function ask(port: number, line: string, headers: Headers = {}, body?: unknown): Promise<Answer> {
  const content = body === undefined ? "" : JSON.stringify(body);
  const all: Headers = {
    host: `127.0.0.1:${port}`,
    connection: "close",
    ...(body !== undefined && { "content-length": String(Buffer.byteLength(content)) }),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return parseAnswer(await heard(port, `${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${content}`));
}

/** All that comes until the connection closes; with `isEnough`, until that is true of it. */
export const heard = (port: number, sent: string, isEnough = (_text: string): boolean => false): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(sent));
    const timer = setTimeout(() => socket.destroy(new Error(`no end of the answer: ${text}`)), answerMsMax);
    socket.on("data", (bytes) => {
      text += bytes.toString();
      if (isEnough(text)) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
  });

export function parseAnswer(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const raw = text.slice(end + 4);
  const body = headers["transfer-encoding"] === "chunked" ? unchunked(raw) : raw;
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(first)?.[1] ?? 0), headers, text: body, code: codeIn(body) };
}

/** RFC 9112, 7.1. */
function unchunked(raw: string): string {
  const bytes = Buffer.from(raw);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.toString("latin1", at, end), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts).toString();
}

function codeIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { error?: { code: string } }).error?.code;
  } catch {
    return undefined;
  }
}

/** Waits for what other work brings about. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + answerMsMax;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it did not come true: ${what}`);
    await Bun.sleep(10);
  }
}

function isRunning(pid: number): boolean {
  try {
    // A child of nobody's that has ended may stay in the list of processes for a while.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
