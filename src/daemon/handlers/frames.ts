/** The calls that become byte streams: sessions in a guest (exec, shell, sftp), files of a point, and the upload of an image. */
import { contract, type Input } from "../../api/contract.ts";
import type { FramesHandlers } from "../../api/server.ts";
import { createFrameStream } from "../../api/frame-stream.ts";
import { UserError } from "../../errors.ts";
import { viewInstance } from "../../events/projections/instances.ts";
import type { GuestChannel } from "../../guest/channel.ts";
import { sessionVariable } from "../../guest/chores.ts";
import type { Vault } from "../../images/vault.ts";
import { sentHost } from "../../model/image-host.ts";
import { formatSize } from "../../model/size.ts";
import { addressOf } from "../effects.ts";
import type { GuestAddress, Guests } from "../guests.ts";
import type { Keyring } from "../keyring.ts";
import { resolveInstance } from "../resolve.ts";
import { receiveOpen, refuse } from "../session-frames.ts";
import { recordSession, resultOf } from "../session-log.ts";
import { serveSession } from "../sessions.ts";
import { serveTerminal } from "../terminals/attach.ts";
import type { Terminals } from "../terminals/terminals.ts";
import { filesOf, pointIn, withPlace } from "../past-files.ts";
import { sendFile } from "../downloads.ts";
import { limitTime, type TimeLimit } from "../time-limit.ts";
import { answerUpload, receiveUpload } from "../uploads.ts";
import { admitBytes } from "./admission.ts";
import type { Caller, Daemon } from "./context.ts";

export interface FramesOptions {
  readonly guests: Guests;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly terminals: Terminals;
}

type FrameStream = ReturnType<typeof createFrameStream>;

export function framesHandlers(daemon: Daemon, options: FramesOptions): FramesHandlers<Caller> {
  const answering =
    (run: (stream: FrameStream, caller: Caller) => Promise<void>) =>
    async (socket: Parameters<typeof createFrameStream>[0], head: Uint8Array, caller: Caller) => {
      const stream = createFrameStream(socket, head);
      await run(stream, caller).catch(async (error: unknown) => {
        if (!(error instanceof UserError))
          daemon.report(error instanceof Error ? (error.stack ?? error.message) : String(error));
        await refuse(stream, error);
      });
    };
  return {
    "session.open": answering(async (stream, caller) => {
      const input = await receiveOpen(stream, contract["session.open"].input);
      await runSession(daemon, options, stream, input, caller);
    }),
    "terminal.attach": answering(async (stream) => {
      const input = await receiveOpen(stream, contract["terminal.attach"].input);
      await serveTerminal(stream, options.terminals.find(input.terminal), input);
    }),
    "point.read": answering(async (stream) => {
      const { instance, point, path } = await receiveOpen(stream, contract["point.read"].input);
      const { layer } = await pointIn(daemon, instance, point);
      const content = await filesOf(daemon.driver)
        .read(layer, path, stream.gone)
        .catch((error: unknown) => Promise.reject(withPlace(error, { instance, point })));
      await sendFile(stream, content);
    }),
    "image.upload": answering(async (stream, caller) => {
      const { name, bytes, command } = await receiveOpen(stream, contract["image.upload"].input);
      const mode = daemon.log.mode();
      if (mode.kind === "read-only") throw mode.error;
      await admitBytes(daemon, `an image of ${formatSize(bytes)}`, bytes);
      const { path, packedSha256, ...image } = await receiveUpload(stream, {
        bytes,
        vault: options.vault,
        inspect: daemon.driver.images.inspect,
        signal: stream.gone,
      });
      await daemon.dispatcher.dispatch(
        {
          type: "add-image",
          name,
          title: name,
          ...image,
          ...(packedSha256 !== undefined && packedIn(name, packedSha256)),
        },
        { by: caller.actor, command },
      );
      await answerUpload(stream, { ...image, path });
    }),
  };
}

/** By the digest of the compressed file, a client knows that it need not send it again. */
const packedIn = (name: string, sha256: string) => ({
  source: { host: sentHost, version: "", url: `file:${name}`, digest: `sha256:${sha256}` },
});

async function runSession(
  daemon: Daemon,
  { guests, keyring }: FramesOptions,
  stream: FrameStream,
  input: Input<"session.open">,
  caller: Caller,
): Promise<void> {
  const { dispatcher, ids } = daemon;
  const { id, name } = viewInstance(resolveInstance(dispatcher.world(), input.instance));
  const session = ids.next();
  const { words, terminal, subsystem } = input;
  // Of a subsystem its name alone: what it is asked for is between it and the client.
  const program = subsystem ?? words?.[0];
  const tellEnd = await recordSession(daemon, {
    id,
    name,
    session,
    kind: program === undefined ? "shell" : "exec",
    arguments: Math.max(0, (words?.length ?? 0) - 1),
    terminal: terminal !== undefined,
    ...(program !== undefined && { program: shortened(program) }),
    by: caller.actor,
    command: input.command,
  });
  let result = "failed";
  try {
    const address = await addressOf(keyring, resolveInstance(dispatcher.world(), name));
    const { timeoutMs: ms } = input;
    const environment = { ...input.environment, ...(ms !== undefined && { [sessionVariable]: session }) };
    const channel = await guests.pool.open(id, address, { ...input, environment }, stream.gone);
    const running = { id, name, address, session, channel };
    const limit = ms === undefined ? undefined : limited(daemon, guests, running, ms);
    const end = await serveSession(stream, { channel, session, limit });
    result = limit?.isOver() ? "timeout" : resultOf(end);
  } finally {
    await tellEnd(result);
  }
}

interface Running {
  /** Of the instance. */
  readonly id: string;
  readonly name: string;
  readonly address: GuestAddress;
  readonly session: string;
  readonly channel: GuestChannel;
}

/** An emulated guest that is busy takes its time to find a command. */
const signalMs = 15_000;

/** A guest that takes no further session may still take a signal on the one that is open. */
function limited({ clock }: Daemon, guests: Guests, running: Running, ms: number): TimeLimit {
  const { id, name: instance, address, session, channel } = running;
  return limitTime(clock, { ms, instance }, (name) =>
    guests
      .signalSession(id, address, { session, name }, AbortSignal.timeout(signalMs))
      .catch(() => channel.signal(name)),
  );
}

const programCharactersMax = 200;
/** The program's name alone: a whole script may come as one word, and may hold secrets. */
const shortened = (program: string): string =>
  /^[\w./+-]*$/.test(program) && program.length <= programCharactersMax ? program : "(script)";
