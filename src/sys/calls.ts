/**
 * System calls on files that are named by bytes, relative to an open directory: the runtime has them with paths of text only, or not
 * at all. Linux on 64 bits. They block, and each answers what the kernel does, or the negative number of its error (`errors`).
 */
import { dlopen, FFIType, ptr, read as readMemory, type Pointer } from "bun:ffi";
import { constants as files } from "node:fs";
import { constants as system } from "node:os";
import { onFirstUse } from "./libc.ts";

/** Numbers of errors, as they are on this system. */
export const errors = system.errno;

/** open(2); O_PATH and O_CLOEXEC are the same everywhere on Linux. */
export const openBits = { ...files, O_PATH: 0o10000000, O_CLOEXEC: 0o2000000 } as const;

/** Bytes that stay where they are, and where that is: what calls are given. Lives as long as somebody holds this object. */
export interface Memory {
  readonly bytes: Buffer;
  readonly address: number;
}

/** Small arrays that the runtime makes for itself move when their buffer is first asked for; one of a buffer stays. */
export function allocate(length: number): Memory {
  const bytes = Buffer.from(new ArrayBuffer(length));
  return { bytes, address: Number(ptr(bytes)) };
}

/** syscall(2): what the C library has no function for, or only a young one. */
const numbers: Record<string, { statx: number; getdents64: number; renameat2: number }> = {
  x64: { statx: 332, getdents64: 217, renameat2: 316 },
  arm64: { statx: 291, getdents64: 61, renameat2: 276 },
};
const openat2 = 437;

/** openat2(2): nothing above the directory, no link on the way, and none of /proc's that lead elsewhere. */
const beneath = { magicLinks: 0x02, links: 0x04, outside: 0x08 } as const;
const resolve = beneath.magicLinks | beneath.links | beneath.outside;
/** struct open_how: flags, mode, resolve; 64 bits each. */
const howBytes = 24;

/** AT_* of fcntl.h, and RENAME_NOREPLACE. */
const noFollow = 0x100;
const removeFolder = 0x200;
const emptyPath = 0x1000;
const noReplace = 1;
const basicStatus = 0x7ff;

/** struct pollfd: descriptor, events, what happened; and two of the events. */
const pollBytes = 8;
const pollEvents = { read: 1, write: 4 } as const;

const i32 = FFIType.i32;
const u32 = FFIType.u32;
const long = FFIType.i64_fast;
/** An address or a length. */
const size = FFIType.u64_fast;

const library = onFirstUse((name) =>
  dlopen(name, {
    __errno_location: { args: [], returns: FFIType.ptr },
    syscall: { args: [long, long, long, long, long, long], returns: long },
    open: { args: [size, i32, i32], returns: i32 },
    close: { args: [i32], returns: i32 },
    read: { args: [i32, size, size], returns: long },
    write: { args: [i32, size, size], returns: long },
    pread: { args: [i32, size, size, long], returns: long },
    pwrite: { args: [i32, size, size, long], returns: long },
    fsync: { args: [i32], returns: i32 },
    poll: { args: [size, size, i32], returns: i32 },
    mkdirat: { args: [i32, size, i32], returns: i32 },
    unlinkat: { args: [i32, size, i32], returns: i32 },
    linkat: { args: [i32, size, i32, size, i32], returns: i32 },
    symlinkat: { args: [size, i32, size], returns: i32 },
    readlinkat: { args: [i32, size, size, size], returns: long },
    ftruncate: { args: [i32, long], returns: i32 },
    truncate: { args: [size, long], returns: i32 },
    chmod: { args: [size, i32], returns: i32 },
    fchmod: { args: [i32, i32], returns: i32 },
    fchownat: { args: [i32, size, u32, u32, i32], returns: i32 },
    utimensat: { args: [i32, size, size, i32], returns: i32 },
    fstatvfs: { args: [i32, size], returns: i32 },
    umask: { args: [i32], returns: i32 },
  }),
);

/** `path`, `name`, `text`: addresses of bytes that end with a zero. A `name` is one component and relative to `directory`. */
export type Calls = ReturnType<typeof createCalls>;

export function createCalls() {
  const number = numbers[process.arch];
  if (process.platform !== "linux" || number === undefined) throw new Error("only Linux on x86-64 and ARM64 is served");
  const { symbols: c } = library();
  const errorAt = c.__errno_location() as Pointer;
  /** Nothing may come between a call and this: whatever the runtime does then has errors of its own. */
  const done = (result: number | bigint): number => (result < 0 ? -readMemory.i32(errorAt, 0) : Number(result));
  const how = allocate(howBytes);
  const poll = allocate(pollBytes);
  const nothing = allocate(1);
  how.bytes.writeUInt32LE(resolve, 16);
  return {
    open: (path: number, flags: number) => done(c.open(path, flags, 0)),
    /** Follows no link, also as the last component: with O_PATH and O_NOFOLLOW that one itself is opened, else it is ELOOP. */
    openBeneath: (directory: number, path: number, flags: number, mode: number) => {
      how.bytes.writeUInt32LE(flags, 0);
      how.bytes.writeUInt32LE(mode, 8);
      return done(c.syscall(openat2, directory, path, how.address, howBytes, 0));
    },
    close: (descriptor: number) => done(c.close(descriptor)),
    read: (descriptor: number, into: number, length: number) => done(c.read(descriptor, into, length)),
    write: (descriptor: number, from: number, length: number) => done(c.write(descriptor, from, length)),
    readAt: (descriptor: number, into: number, length: number, offset: number) =>
      done(c.pread(descriptor, into, length, offset)),
    writeAt: (descriptor: number, from: number, length: number, offset: number) =>
      done(c.pwrite(descriptor, from, length, offset)),
    sync: (descriptor: number) => done(c.fsync(descriptor)),
    /** Waits until a descriptor is ready, or at its end; 0: not within `ms`. */
    wait: (descriptor: number, what: keyof typeof pollEvents, ms: number) => {
      poll.bytes.writeInt32LE(descriptor, 0);
      poll.bytes.writeInt16LE(pollEvents[what], 4);
      return done(c.poll(poll.address, 1, ms));
    },
    /** Fills `into` with a struct statx (`status.ts`). */
    status: (directory: number, name: number, into: number) =>
      done(c.syscall(number.statx, directory, name, noFollow, basicStatus, into)),
    statusOf: (descriptor: number, into: number) =>
      done(c.syscall(number.statx, descriptor, nothing.address, emptyPath, basicStatus, into)),
    /** Fills `into` with the next of a directory's struct linux_dirent64; the bytes of them, 0 at the end. */
    list: (descriptor: number, into: number, length: number) =>
      done(c.syscall(number.getdents64, descriptor, into, length, 0, 0)),
    makeDirectory: (directory: number, name: number, mode: number) => done(c.mkdirat(directory, name, mode)),
    remove: (directory: number, name: number) => done(c.unlinkat(directory, name, 0)),
    removeDirectory: (directory: number, name: number) => done(c.unlinkat(directory, name, removeFolder)),
    rename: (from: number, name: number, to: number, newName: number, replace: boolean) =>
      done(c.syscall(number.renameat2, from, name, to, newName, replace ? 0 : noReplace)),
    /** A link to a link is one to the link itself. */
    link: (from: number, name: number, to: number, newName: number) => done(c.linkat(from, name, to, newName, 0)),
    symlink: (text: number, directory: number, name: number) => done(c.symlinkat(text, directory, name)),
    readLink: (directory: number, name: number, into: number, length: number) =>
      done(c.readlinkat(directory, name, into, length)),
    /** For a descriptor that was opened for writing. */
    setSize: (descriptor: number, bytes: number) => done(c.ftruncate(descriptor, bytes)),
    setSizeAt: (path: number, bytes: number) => done(c.truncate(path, bytes)),
    /** For a descriptor that is more than O_PATH. */
    setMode: (descriptor: number, mode: number) => done(c.fchmod(descriptor, mode)),
    setModeAt: (path: number, mode: number) => done(c.chmod(path, mode)),
    setOwner: (descriptor: number, uid: number, gid: number) =>
      done(c.fchownat(descriptor, nothing.address, uid, gid, emptyPath)),
    /** `times`: of two struct timespec, the last access and the last change. */
    setTimes: (descriptor: number, times: number) => done(c.utimensat(descriptor, nothing.address, times, emptyPath)),
    /** Fills `into` with a struct statvfs: eleven numbers of 64 bits. */
    space: (descriptor: number, into: number) => done(c.fstatvfs(descriptor, into)),
    /** What this process makes gets exactly the mode that is asked for. */
    clearMask: () => void c.umask(0),
  };
}
