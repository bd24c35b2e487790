/** The few system calls of Linux that a power cut takes: mounting, and loop devices that go when nothing uses them. */
import { closeSync, openSync } from "node:fs";
import { CString, dlopen, ptr, read } from "bun:ffi";

const libc = dlopen("libc.so.6", {
  mount: { args: ["cstring", "cstring", "cstring", "u64", "cstring"], returns: "i32" },
  umount2: { args: ["cstring", "i32"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "u64"], returns: "i32" },
  strerrorname_np: { args: ["i32"], returns: "ptr" },
  __errno_location: { args: [], returns: "ptr" },
}).symbols;

const text = (value: string) => Buffer.from(`${value}\0`);

/** `EINVAL`, `EIO`, …: why the call before this one failed. */
function lastError(): string {
  const place = libc.__errno_location();
  const number = place === null ? 0 : read.i32(place, 0);
  const name = libc.strerrorname_np(number);
  return name === null ? String(number) : new CString(name).toString();
}

/** Undefined: mounted. Otherwise why not. */
export function mount(source: string, target: string, type: string, options = ""): string | undefined {
  const done = libc.mount(text(source), text(target), text(type), 0, text(options));
  return done === 0 ? undefined : lastError();
}

/** Undefined: it is gone. Otherwise why not. */
export const unmount = (target: string): string | undefined =>
  libc.umount2(text(target), 0) === 0 ? undefined : lastError();

const getFreeLoop = 0x4c82; // LOOP_CTL_GET_FREE
const configureLoop = 0x4c0a; // LOOP_CONFIGURE
const flushBuffers = 0x1261; // BLKFLSBUF
const configurationBytes = 304; // struct loop_config
const flagsOffset = 60;
const autoClear = 4; // LO_FLAGS_AUTOCLEAR
/** Others on this machine take free devices too. */
const triesMax = 50;

export interface LoopDevice {
  readonly path: string;
  /** Forgets what the kernel remembers of its content: the file behind it was changed. */
  forget(): void;
  /** It is detached once nothing is mounted from it. */
  close(): void;
}

/** The file as a block device, which is detached when this process ends, however it ends. */
export function attach(file: string): LoopDevice {
  const backing = openSync(file, "r+");
  const control = openSync("/dev/loop-control", "r+");
  try {
    for (let tries = 0; tries < triesMax; tries++) {
      const path = `/dev/loop${libc.ioctl(control, getFreeLoop, 0)}`;
      const device = openSync(path, "r+");
      const configuration = Buffer.alloc(configurationBytes);
      configuration.writeUInt32LE(backing, 0);
      configuration.writeUInt32LE(autoClear, flagsOffset);
      if (libc.ioctl(device, configureLoop, ptr(configuration)) === 0) {
        return { path, forget: () => void libc.ioctl(device, flushBuffers, 0), close: () => closeSync(device) };
      }
      closeSync(device);
    }
    throw new Error(`no loop device for ${file}: ${lastError()}`);
  } finally {
    closeSync(control);
    closeSync(backing);
  }
}
