/** The calls that become byte streams: exec and shell in a guest, and the upload of an image. */
import { contract, type Input } from "../../api/contract.ts";
import type { FramesHandlers } from "../../api/server.ts";
import { createFrameStream } from "../../api/frame-stream.ts";
import { UserError } from "../../errors.ts";
import type { InstanceCommand } from "../../events/instance/commands.ts";
import { viewInstance } from "../../events/projections/instances.ts";
import type { Vault } from "../../images/vault.ts";
import { formatSize } from "../../model/size.ts";
import { addressOf } from "../effects.ts";
import type { Guests } from "../guests.ts";
import type { Keyring } from "../keyring.ts";
import { resolveInstance } from "../resolve.ts";
import { receiveOpen, refuse, serveSession, type SessionEnd } from "../sessions.ts";
import { answerUpload, receiveUpload } from "../uploads.ts";
import { admitBytes } from "./admission.ts";
import type { Caller, Daemon } from "./context.ts";

export interface FramesOptions {
  readonly guests: Guests;
  readonly keyring: Keyring;
  readonly vault: Vault;
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
    "image.upload": answering(async (stream, caller) => {
      const { name, bytes, command } = await receiveOpen(stream, contract["image.upload"].input);
      const mode = daemon.log.mode();
      if (mode.kind === "read-only") throw mode.error;
      await admitBytes(daemon, `an image of ${formatSize(bytes)}`, bytes);
      const { path, ...image } = await receiveUpload(stream, {
        bytes,
        vault: options.vault,
        inspect: daemon.driver.images.inspect,
        signal: stream.gone,
      });
      await daemon.dispatcher.dispatch(
        { type: "add-image", name, title: name, ...image },
        { by: caller.actor, command },
      );
      await answerUpload(stream, { ...image, path });
    }),
  };
}

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
  const { words, terminal } = input;
  const program = words?.[0];
  const kind = words === undefined ? "shell" : "exec";
  const note = async (command: InstanceCommand, commandId: string) => {
    // A log that takes no more must not keep anybody out of a guest; the daemon's own log has it then.
    if (daemon.log.mode().kind === "read-only")
      daemon.report(`${command.type} ${session} of ${name} by ${caller.actor.name}, not recorded`);
    else await dispatcher.dispatch(command, { by: caller.actor, command: commandId });
  };
  const started = {
    session,
    kind,
    arguments: Math.max(0, (words?.length ?? 0) - 1),
    terminal: terminal !== undefined,
  } as const;
  await note(
    { type: "session-start", id, ...started, ...(program === undefined ? {} : { program: shortened(program) }) },
    input.command,
  );
  let result = "failed";
  try {
    const address = await addressOf(keyring, resolveInstance(dispatcher.world(), name));
    const channel = await guests.pool.open(id, address, input, stream.gone);
    result = textOf(await serveSession(stream, channel));
  } finally {
    if (dispatcher.world().instances.has(id)) await note({ type: "session-end", id, session, result }, ids.next());
  }
}

const programCharactersMax = 200;
/** The program's name alone: a whole script may come as one word, and may hold secrets. */
const shortened = (program: string): string =>
  /^[\w./+-]*$/.test(program) && program.length <= programCharactersMax ? program : "(script)";

function textOf(end: SessionEnd): string {
  if ("code" in end) return String(end.code);
  if ("signal" in end) return end.signal;
  return "lost" in end ? `lost: ${end.lost}` : "client gone";
}
