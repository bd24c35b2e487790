/**
 * The folder that is served and what is below it. Every path is walked by the kernel from the folder's descriptor, which lets
 * nothing lead out of it and follows no link (openat2); the last name is used relative to the descriptor of its folder, by calls that
 * follow none either. Links are the guest's kernel's to follow. Answers are those of calls: below zero they are errors.
 */
import { allocate, errors, openBits as bits, type Calls } from "../sys/calls.ts";
import { isKind, statusFields, statusMemory } from "../sys/status.ts";
import { createPath, type Path } from "./path.ts";

/** A file that is made and removed by others just then is looked for so often. */
const triesMax = 3;

const procBytes = 32;

/** For a regular file that is not one any more: no wait, and no terminal of ours. */
const carefully = bits.O_NONBLOCK | bits.O_NOCTTY | bits.O_CLOEXEC;

export type Tree = ReturnType<typeof createTree>;

/** `root`: the folder's descriptor, which stays open. */
export function createTree(calls: Calls, root: number) {
  const one = createPath();
  const other = createPath();
  const status = statusMemory();
  const proc = allocate(procBytes);

  /** The name by which /proc has a descriptor: the one link that is followed, and it is ours. */
  const nameOf = (descriptor: number): number => {
    proc.bytes.write(`/proc/self/fd/${descriptor}\0`, 0, "latin1");
    return proc.address;
  };

  const using = (descriptor: number, work: (descriptor: number) => number): number => {
    if (descriptor < 0) return descriptor;
    try {
      return work(descriptor);
    } finally {
      calls.close(descriptor);
    }
  };

  const inFolder = (place: Path, path: Uint8Array, work: (folder: number, name: number) => number): number => {
    const wrong = place.set(path);
    if (wrong < 0) return wrong;
    if (place.isTop()) return work(root, place.name());
    place.cut();
    const folder = calls.openBeneath(root, place.address, bits.O_PATH | bits.O_DIRECTORY | bits.O_CLOEXEC, 0);
    return using(folder, (descriptor) => work(descriptor, place.name()));
  };

  const inFolders = (
    from: Uint8Array,
    to: Uint8Array,
    work: (folder: number, name: number, newFolder: number, newName: number) => number,
  ): number =>
    inFolder(one, from, (folder, name) =>
      inFolder(other, to, (newFolder, newName) => work(folder, name, newFolder, newName)),
    );

  const open = (flags: number, mode = 0) => calls.openBeneath(root, one.address, flags | bits.O_CLOEXEC, mode);

  const isFile = (result: number): number => {
    if (result < 0 || isKind(status.bytes, "file")) return result;
    return isKind(status.bytes, "link") ? -errors.ELOOP : -errors.EISDIR;
  };

  /**
   * A regular file. Others are not even opened, since to open a device can be to use it; what takes the file's place just then is
   * closed at once, and a FIFO does not make anybody wait.
   */
  const openExisting = (path: Uint8Array, flags: number): number =>
    inFolder(one, path, (folder, name) => {
      const known = isFile(calls.status(folder, name, status.address));
      if (known < 0) return known;
      const opened = calls.openBeneath(folder, name, flags | carefully, 0);
      if (opened < 0) return opened;
      const still = isFile(calls.statusOf(opened, status.address));
      if (still < 0) calls.close(opened);
      return still < 0 ? still : opened;
    });

  const openOrMake = (path: Uint8Array, flags: number, mode: number): number => {
    for (let tries = 1; ; tries++) {
      const wrong = one.set(path);
      const made = wrong < 0 ? wrong : open(flags | bits.O_EXCL, mode);
      if (made !== -errors.EEXIST || flags & bits.O_EXCL) return made;
      const found = openExisting(path, flags & ~bits.O_CREAT);
      if (found !== -errors.ENOENT || tries === triesMax) return found;
    }
  };

  return {
    /** What `status` and `statusOf` found. */
    found: status.bytes,
    status: (path: Uint8Array) => inFolder(one, path, (folder, name) => calls.status(folder, name, status.address)),
    statusOf: (descriptor: number) => calls.statusOf(descriptor, status.address),
    /** Of a name in a folder that is open. */
    statusIn: (folder: number, name: number) => calls.status(folder, name, status.address),
    nameOf,
    /** `flags` as for open(2). */
    openFile: (path: Uint8Array, flags: number, mode: number): number =>
      flags & bits.O_CREAT ? openOrMake(path, flags, mode) : openExisting(path, flags & ~bits.O_EXCL),
    openFolder: (path: Uint8Array): number => {
      const wrong = one.set(path);
      return wrong < 0 ? wrong : open(bits.O_RDONLY | bits.O_DIRECTORY);
    },
    /** With a descriptor that can be neither read nor written, of a link itself too. */
    with: (path: Uint8Array, work: (descriptor: number) => number): number => {
      const wrong = one.set(path);
      return wrong < 0 ? wrong : using(open(bits.O_PATH | bits.O_NOFOLLOW), work);
    },
    makeFolder: (path: Uint8Array, mode: number) =>
      inFolder(one, path, (folder, name) => calls.makeDirectory(folder, name, mode)),
    remove: (path: Uint8Array) => inFolder(one, path, calls.remove),
    removeFolder: (path: Uint8Array) => inFolder(one, path, calls.removeDirectory),
    rename: (from: Uint8Array, to: Uint8Array, replace: boolean) =>
      inFolders(from, to, (folder, name, newFolder, newName) =>
        calls.rename(folder, name, newFolder, newName, replace),
      ),
    link: (from: Uint8Array, to: Uint8Array) => inFolders(from, to, calls.link),
    /** `text`: the address of what the link says. */
    symlink: (text: number, path: Uint8Array) =>
      inFolder(one, path, (folder, name) => calls.symlink(text, folder, name)),
    readLink: (path: Uint8Array, into: number, length: number) =>
      inFolder(one, path, (folder, name) => calls.readLink(folder, name, into, length)),
    /** The folder itself was removed, or cannot be asked any more. */
    isGone: () => calls.statusOf(root, status.address) < 0 || statusFields.links(status.bytes) === 0,
  };
}
