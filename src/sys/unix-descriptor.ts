/** A connection to a unix socket as nothing but its descriptor: to be handed to another program, which the runtime's own sockets are not made for. */
import { dlopen, ptr } from "bun:ffi";
import { closeSync, writeSync } from "node:fs";
import { UserError, messageOf } from "../errors.ts";
import { onFirstUse } from "./libc.ts";
import { checkSocketPath } from "./socket.ts";

export interface OpenDescriptor {
  readonly descriptor: number;
  /** Whoever was handed it has it still. */
  close(): void;
}

const unixFamily = 1;
const stream = 1;
/** SOCK_NONBLOCK and SOCK_CLOEXEC of Linux (socket(2)). */
const nonBlocking = 0o4000;
const closeOnExec = 0o2000000;
/** struct sockaddr_un of Linux (unix(7)). */
const addressBytes = 110;

const library = onFirstUse((name) =>
  dlopen(name, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  }),
);

/** Connects, and says `greeting`, some bytes. Throws `connect-failed`. Linux only. */
export function connectDescriptor(path: string, greeting: string): OpenDescriptor {
  const address = Buffer.alloc(addressBytes);
  address.writeUInt16LE(unixFamily, 0);
  address.write(checkSocketPath(path), 2);
  const { symbols } = library();
  const descriptor = symbols.socket(unixFamily, stream | nonBlocking | closeOnExec, 0);
  const fail = (why: string) => new UserError("connect-failed", `no connection to ${path}: ${why}`);
  if (descriptor < 0) throw fail("there is no socket to be had");
  const close = () => closeSync(descriptor);
  try {
    if (symbols.connect(descriptor, ptr(address), address.length) !== 0) throw fail("nobody listens");
    writeSync(descriptor, greeting);
    return { descriptor, close };
  } catch (error) {
    close();
    throw error instanceof UserError ? error : fail(messageOf(error));
  }
}
