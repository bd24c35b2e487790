/**
 * SFTP (version 3) over any byte stream, spoken by the class inside ssh2 that does it on a channel of its own. What is behind it is
 * hostile: whatever it answers, a request resolves with a value of the right kind or rejects. Traps of that class (ssh2 1.17.0):
 * - it sends through `_protocol.channelData` and counts down `outgoing.window`, which nobody here ever fills: so it is endless;
 * - `_remoteIdentRaw` decides the order of a link's two paths: all guests run OpenSSH's server, which has them the other way round;
 * - an answer of another kind than was asked for reaches the callback all the same, without the value that is expected, or throws
 *   out of `push`, and then that request is forgotten: so they are counted here too;
 * - a packet's length is read as a signed number: a negative one passes the check, and `push` throws;
 * - what it hands out may lie in the buffer that was pushed;
 * - names come as UTF-8: what is none has U+FFFD in it, and cannot be asked for.
 */
import type { FileEntry, Stats } from "ssh2";
import internals from "ssh2/lib/protocol/SFTP.js";
import { UserError, exitCodes, messageOf } from "../errors.ts";

export type Handle = Buffer;
export type GuestStats = Stats;

/** Bits of the protocol's open flags. */
export const openFlags = { read: 1, write: 2, create: 8, exclusive: 32 } as const;

/** Status codes of the protocol that mean something to us. */
export const statusCodes = { endOfFile: 1, notFound: 2, refused: 3 } as const;

const ident = Buffer.from("SSH-2.0-OpenSSH");

type Done<Value> = (error: Error | null | undefined, value?: Value) => void;

const odd = (what: string) =>
  new UserError("guest-answer-odd", `the guest's file server answers with ${what}`, { exit: exitCodes.guestSide });

const isHandle = (value: unknown): value is Handle => Buffer.isBuffer(value);
const isList = (value: unknown): value is FileEntry[] => Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isStats = (value: unknown): value is Stats => typeof value === "object" && value !== null && "mode" in value;

export type Sftp = ReturnType<typeof createSftp>;

/** `send` gets the requests as bytes. `push` takes what comes back; `fail` ends all requests, those to come too: `onFail` hears it first. */
export function createSftp(send: (bytes: Uint8Array) => void, onFail: (error: unknown) => void) {
  let lost: unknown;
  /** Of requests without an answer. */
  const waiting = new Set<(error: unknown) => void>();
  const ready = Promise.withResolvers<void>();
  const fail = (error: unknown) => {
    if (lost !== undefined) return;
    lost = error;
    onFail(error);
    ready.reject(error);
    for (const reject of waiting) reject(error);
    waiting.clear();
    sftp.push(null);
  };
  const protocol = {
    _remoteIdentRaw: ident,
    channelData: (_id: number, bytes: Uint8Array) => send(bytes),
    channelClose: () => fail(odd("what is no SFTP")),
  };
  const outgoing = { id: 0, state: "open", window: Infinity, packetSize: Infinity };
  const sftp = new internals.SFTP({ _protocol: protocol }, { type: "sftp", incoming: {}, outgoing }, {});
  sftp.on("error", (error: Error) => fail(odd(error.message)));
  sftp.on("ready", () => ready.resolve());

  const ask = <Value>(
    kind: string,
    start: (done: Done<Value>) => void,
    isRight: (value: unknown) => value is Value,
  ): Promise<Value> =>
    new Promise<Value>((resolve, reject) => {
      if (lost !== undefined) return reject(lost);
      waiting.add(reject);
      start((error, value) => {
        waiting.delete(reject);
        if (error) reject(error);
        else if (isRight(value)) resolve(value);
        else reject(odd(`something else than ${kind}`));
      });
    });
  const done = (start: (done: Done<undefined>) => void): Promise<void> =>
    ask("its status", start, (_value): _value is undefined => true);

  return {
    ready: ready.promise,
    fail,
    /** Requests without an answer. */
    pending: () => waiting.size,
    push: (chunk: Uint8Array) => {
      if (lost !== undefined) return;
      try {
        sftp.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      } catch (error) {
        fail(odd(`what is no SFTP: ${messageOf(error)}`));
      }
    },
    begin: () => sftp._init(),
    open: async (path: string, flags: number): Promise<Handle> =>
      Buffer.from(
        await ask("a handle", (given: Done<Buffer>) => sftp.open(path, flags, { mode: 0o600 }, given), isHandle),
      ),
    close: (handle: Handle) => done((given) => sftp.close(handle, given)),
    /** Up to `length` bytes; none at the end of the file. */
    read: async (handle: Handle, offset: number, length: number): Promise<Uint8Array> => {
      const into = Buffer.allocUnsafe(length);
      const got = await ask(
        "bytes",
        (given: Done<number>) => sftp.read(handle, into, 0, length, offset, (error, bytes) => given(error, bytes)),
        (value): value is number => typeof value === "number" && value >= 0 && value <= length,
      );
      return into.subarray(0, got);
    },
    write: (handle: Handle, bytes: Uint8Array, offset: number) => {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      return done((given) => sftp.write(handle, buffer, 0, buffer.length, offset, given));
    },
    stat: (path: string) => ask("attributes", (given: Done<Stats>) => sftp.stat(path, given), isStats),
    lstat: (path: string) => ask("attributes", (given: Done<Stats>) => sftp.lstat(path, given), isStats),
    setStat: (path: string, mode: number, seconds: number) =>
      done((given) => sftp.setstat(path, { mode, atime: seconds, mtime: seconds }, given)),
    setHandleStat: (handle: Handle, mode: number, seconds: number) =>
      done((given) => sftp.fsetstat(handle, { mode, atime: seconds, mtime: seconds }, given)),
    openFolder: async (path: string): Promise<Handle> =>
      Buffer.from(await ask("a handle", (given: Done<Buffer>) => sftp.opendir(path, given), isHandle)),
    /** The next names; rejects with `endOfFile` at the end. */
    readFolder: (handle: Handle) => ask("names", (given: Done<FileEntry[]>) => sftp.readdir(handle, given), isList),
    makeFolder: (path: string, mode: number) => done((given) => sftp.mkdir(path, { mode }, given)),
    remove: (path: string) => done((given) => sftp.unlink(path, given)),
    /** Replaces what is there. */
    rename: (from: string, to: string) => done((given) => sftp.ext_openssh_rename(from, to, given)),
    readLink: (path: string) => ask("a path", (given: Done<string>) => sftp.readlink(path, given), isText),
    makeLink: (text: string, path: string) => done((given) => sftp.symlink(text, path, given)),
    realPath: (path: string) => ask("a path", (given: Done<string>) => sftp.realpath(path, given), isText),
  };
}
