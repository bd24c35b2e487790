/** Who is at the other end of a unix socket, as the kernel tells it. */
import { dlopen, FFIType, type Pointer, ptr } from "bun:ffi";
import { readFileSync, readlinkSync } from "node:fs";

export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** What the process table adds about a caller; each part is absent when it cannot be read. */
export interface CallerProcess {
  /** The uid of the login that the process descends from, which sudo does not change. */
  readonly login?: number;
  readonly tty?: string;
  readonly program?: string;
  readonly directory?: string;
}

const solSocket = 1;
const soPeercred = 17;
const ucredBytes = 12;
const noLogin = 4_294_967_295;

const openLibc = () =>
  dlopen("libc.so.6", {
    getsockopt: { args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
  });
let libc: ReturnType<typeof openLibc> | undefined;

/** Credentials of the process that connected (Linux, SO_PEERCRED); undefined when the kernel does not tell. */
export function peerOf(fileDescriptor: number): Peer | undefined {
  libc ??= openLibc();
  const credentials = new Int32Array(ucredBytes / 4);
  const length = new Uint32Array([ucredBytes]);
  const pointer = (array: NodeJS.TypedArray): Pointer => ptr(array);
  const failed = libc.symbols.getsockopt(fileDescriptor, solSocket, soPeercred, pointer(credentials), pointer(length));
  const [pid, uid, gid] = credentials;
  if (failed !== 0 || pid === undefined || uid === undefined || gid === undefined) return undefined;
  return { pid, uid, gid };
}

/** What /proc tells of a process; another user's process tells less. */
export function callerOf(pid: number): CallerProcess {
  const login = Number(attempt(() => readFileSync(`/proc/${pid}/loginuid`, "utf8").trim()));
  const tty = attempt(() => readlinkSync(`/proc/${pid}/fd/2`));
  const program = attempt(() => readlinkSync(`/proc/${pid}/exe`));
  const directory = attempt(() => readlinkSync(`/proc/${pid}/cwd`));
  return {
    ...(Number.isInteger(login) && login !== noLogin ? { login } : {}),
    ...(tty?.startsWith("/dev/pts/") || tty?.startsWith("/dev/tty") ? { tty: tty.slice("/dev/".length) } : {}),
    ...(program ? { program } : {}),
    ...(directory ? { directory } : {}),
  };
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
