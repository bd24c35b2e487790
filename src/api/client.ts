/** The API as a client sees it: typed calls and streams, to a daemon that is started, or replaced when older, on the way. */
import type { Target } from "../config.ts";
import { UserError, exitCodes } from "../errors.ts";
import type { CallName, Input, Output, StreamName } from "./contract.ts";
import { protocolVersion } from "./protocol.ts";
import type { DaemonStarter } from "./starter.ts";
import { absentCode, brokenCode, createTransport } from "./transport.ts";

export type Hello = Output<"daemon.hello">;

export interface ApiClient {
  /** Throws what the daemon throws. A call whose connection broke is sent once more: its command id makes that harmless. */
  call<Name extends CallName>(name: Name, input: Input<Name>): Promise<Output<Name>>;
  /** Items until the daemon ends the stream or `signal` aborts. Throws `connection-broken` when the daemon goes away. */
  stream<Name extends StreamName>(name: Name, input: Input<Name>, signal?: AbortSignal): AsyncIterable<Output<Name>>;
  /** Greets the daemon once per client; starts it when none answers and it is ours to start. */
  ready(): Promise<Hello>;
  /** The greeting of a running daemon; undefined when none answers. Starts nothing. */
  probe(): Promise<Hello | undefined>;
  /** Throws when the socket's place cannot be trusted; for whoever connects without a greeting. */
  trust(): void;
  readonly target: Target;
}

export interface ClientParts {
  readonly target: Target;
  readonly version: string;
  /** Absent: a daemon that does not answer is an error. */
  readonly starter?: DaemonStarter;
  /** Called before the first connection; throws when the socket's place cannot be trusted. */
  readonly check?: () => void;
  /** Called once when the daemon's log takes no more, with the reason: what it shows may be only a part. */
  readonly onReadOnly?: (why: string) => void;
  /** Called after each greeting before anything but `daemon.*` is asked; throws when that daemon is not to be believed. */
  readonly onGreeted?: (hello: Hello, line: Line) => Promise<void>;
}

/** Calls while greeting: what is asked here is asked as it is, without a greeting before. */
export interface Line {
  ask<Name extends CallName>(name: Name, input: Input<Name>): Promise<Output<Name>>;
  /** Greets once more. */
  hello(): Promise<Hello>;
}

export function createClient({ target, version, starter, check, onReadOnly, onGreeted }: ClientParts): ApiClient {
  const transport = createTransport(target.socket, version);
  let greeting: Promise<Hello> | undefined;
  /** The greeting of a daemon that is believed. */
  let belief: Promise<Hello> | undefined;

  // What one binary sends to itself is not parsed again here: the protocol number guards its shape, and schemas cost 10 ms at start.
  const ask = <Name extends CallName>(name: Name, input: Input<Name>) =>
    transport.ask(`/v1/${name}`, input) as Promise<Output<Name>>;
  const sayHello = () => ask("daemon.hello", { version, protocol: protocolVersion });

  const trust = () => check?.();
  const probe = async () => {
    trust();
    return greeted(sayHello);
  };

  async function greet(): Promise<Hello> {
    const found = await probe();
    if (!found) return start();
    if (starter && isOlder(found.version, version) && !found.busy) {
      await ask("daemon.stop", {});
      await starter.waitUntilGone(async () => (await probe()) === undefined);
      return start();
    }
    if (found.protocol !== protocolVersion) throw mismatch(found, version);
    return found;
  }

  async function start(): Promise<Hello> {
    if (starter) return starter.start(probe);
    const next = target.origin === "system" ? "sudo strata daemon run" : "strata daemon status";
    throw new UserError(absentCode, `no daemon answers at ${target.socket}`, {
      exit: exitCodes.unreachable,
      hints: [["next", next]],
    });
  }

  const met = () => (greeting ??= greet().then(warned));
  const warned = (hello: Hello) => {
    if (hello.readOnly !== undefined) onReadOnly?.(hello.readOnly);
    return hello;
  };
  const ready = () => (belief ??= met().then(believed));
  const believed = async (hello: Hello) => {
    await onGreeted?.(hello, { ask, hello: sayHello });
    return hello;
  };
  /** A daemon that is not believed can still be asked after, and stopped. */
  const readyFor = (name: CallName) => (name.startsWith("daemon.") ? met() : ready());
  const forget = () => {
    greeting = undefined;
    belief = undefined;
  };

  async function retryOnce<T>(name: CallName, work: () => Promise<T>): Promise<T> {
    await readyFor(name);
    try {
      return await work();
    } catch (error) {
      if (!isCode(error, brokenCode) && !isCode(error, absentCode)) throw error;
      forget();
      await readyFor(name);
      return work();
    }
  }

  return {
    target,
    ready,
    probe,
    trust,
    call: (name, input) => retryOnce(name, () => ask(name, input)),
    async *stream<Name extends StreamName>(name: Name, input: Input<Name>, signal?: AbortSignal) {
      await ready();
      try {
        for await (const item of transport.listen(`/v1/${name}`, input, signal)) yield item as Output<Name>;
      } catch (error) {
        // Whoever follows again greets again, and so finds or starts the next daemon.
        forget();
        throw error;
      }
    },
  };
}

/** A daemon that is killed while it is greeted breaks the connection once; the next one finds it gone, or its successor. */
const greetingsMax = 4;

/** The greeting; undefined when nobody listens. */
async function greeted(hello: () => Promise<Hello>): Promise<Hello | undefined> {
  for (let greetings = 1; ; greetings++) {
    try {
      return await hello();
    } catch (error) {
      if (isCode(error, absentCode)) return undefined;
      if (!isCode(error, brokenCode) || greetings >= greetingsMax) throw error;
    }
  }
}

export const isCode = (error: unknown, code: string): boolean => error instanceof UserError && error.code === code;

/** Compares `1.2.3` numbers; what follows a hyphen is not looked at. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => (text.split("-")[0] ?? "").split(".").map(Number));
  for (const place of [0, 1, 2]) {
    const difference = (a?.[place] ?? 0) - (b?.[place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function mismatch(found: Hello, version: string): UserError {
  const older = found.protocol < protocolVersion;
  return new UserError(
    "protocol-mismatch",
    `the daemon (strata ${found.version}, protocol ${found.protocol}) and this client (strata ${version}, protocol ${protocolVersion}) cannot talk`,
    {
      exit: exitCodes.unreachable,
      hints: [
        [
          "why",
          older
            ? "the daemon is older and busy; it is replaced as soon as it is idle"
            : "the daemon is newer than this program",
        ],
        ["next", older ? "strata daemon stop" : `use strata ${found.version}`],
      ],
    },
  );
}
