/** Speaks SFTP with a helper byte by byte, right or wrong as a test wants it: what a guest that is root can send. */
import { join } from "node:path";
import type { MountOptions } from "../../src/mounts/options.ts";
import { packets } from "../../src/mounts/protocol.ts";

const main = join(import.meta.dir, "../../src/main.ts");

/** 32 bits, 64 bits, a string, or bytes as they are. */
export type Field = number | bigint | string | Buffer | { readonly raw: Buffer };

function bytesOf(field: Field): Buffer {
  if (typeof field === "number") {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(field);
    return bytes;
  }
  if (typeof field === "bigint") {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(field);
    return bytes;
  }
  if (typeof field === "object" && "raw" in field) return field.raw;
  const text = Buffer.from(field);
  return Buffer.concat([bytesOf(text.length), text]);
}

export const framed = (body: Buffer): Buffer => Buffer.concat([bytesOf(body.length), body]);

/** A whole packet. */
export const packet = (type: number, id: number, ...fields: readonly Field[]): Buffer =>
  framed(Buffer.concat([Buffer.from([type]), bytesOf(id), ...fields.map(bytesOf)]));

export const hello = packet(packets.init, 3);

/** No attributes. */
export const none = 0;

export interface Packet {
  readonly type: number;
  readonly id: number;
  /** What is behind the number. */
  readonly body: Buffer;
}

/** The code of a status; undefined: it is something else. */
export const codeIn = ({ type, body }: Packet): number | undefined =>
  type === packets.status ? body.readUInt32BE(0) : undefined;

/** The string that a packet's body begins with, behind `skip` bytes. */
export const stringIn = ({ body }: Packet, skip = 0): Buffer =>
  body.subarray(skip + 4, skip + 4 + body.readUInt32BE(skip));

/** A listing's names. */
export function namesIn({ type, body }: Packet): Buffer[] {
  if (type !== packets.name) return [];
  const names: Buffer[] = [];
  let at = 4;
  for (let left = body.readUInt32BE(0); left > 0; left--) {
    const length = body.readUInt32BE(at);
    names.push(body.subarray(at + 4, at + 4 + length));
    at += 4 + length;
    at += 4 + body.readUInt32BE(at);
    at += body.readUInt32BE(at) === 0 ? 4 : 32;
  }
  return names;
}

export interface Client {
  readonly pid: number;
  send(bytes: Uint8Array): void;
  /** One packet, and its answer. */
  ask(type: number, ...fields: readonly Field[]): Promise<Packet>;
  /** The next packet that answers nothing which was asked by `ask`. */
  next(): Promise<Packet>;
  /** Takes no more answers. */
  leave(): void;
  /** Ends the input. */
  end(): Promise<number>;
  readonly exited: Promise<number>;
  readonly reason: Promise<string>;
}

interface Waiting {
  readonly resolve: (packet: Packet) => void;
  readonly reject: (error: Error) => void;
}

/** Starts a helper from source. Whoever starts one ends it. */
export function startHelper(options: Partial<MountOptions> & Pick<MountOptions, "source">): Client {
  const json = JSON.stringify({ readOnly: false, uids: [], gids: [], ...options });
  const child = Bun.spawn([process.execPath, main, "helper", "serve-mount", json], {
    cwd: "/",
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const asked = new Map<number, Waiting>();
  const unasked: Packet[] = [];
  const waiting: Waiting[] = [];
  let id = 1 << 20;
  const arrived = (got: Packet) => {
    const listener = asked.get(got.id) ?? waiting.shift();
    asked.delete(got.id);
    if (listener) listener.resolve(got);
    else unasked.push(got);
  };
  const reader = child.stdout.getReader();
  void readPackets(reader, arrived).then(() => {
    for (const { reject } of [...asked.values(), ...waiting]) reject(new Error("the helper has ended"));
  });
  /** A helper that has ended takes nothing: whoever waits for an answer hears of it. */
  const send = (bytes: Uint8Array) => {
    void (async () => {
      child.stdin.write(bytes);
      await child.stdin.flush();
    })().catch(() => undefined);
  };
  return {
    pid: child.pid,
    send,
    ask: (type, ...fields) =>
      new Promise((resolve, reject) => {
        asked.set(++id, { resolve, reject });
        send(packet(type, id, ...fields));
      }),
    next: () =>
      new Promise((resolve, reject) => {
        const first = unasked.shift();
        if (first) resolve(first);
        else waiting.push({ resolve, reject });
      }),
    leave: () => void reader.cancel(),
    end: async () => {
      await child.stdin.end();
      return child.exited;
    },
    exited: child.exited,
    reason: new Response(child.stderr).text(),
  };
}

interface Reader {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}

async function readPackets(reader: Reader, arrived: (packet: Packet) => void): Promise<void> {
  let held = Buffer.alloc(0);
  for (;;) {
    const { value: chunk } = await reader.read();
    if (chunk === undefined) return;
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    let at = 0;
    for (; held.length - at >= 4;) {
      const length = held.readUInt32BE(at);
      if (held.length - at - 4 < length) break;
      const body = held.subarray(at + 4, at + 4 + length);
      arrived({ type: body.readUInt8(0), id: body.readUInt32BE(1), body: body.subarray(5) });
      at += 4 + length;
    }
    held = held.subarray(at);
  }
}
