/** Paths of requests: bytes between slashes, from the folder that is served. What is above that has no name here. */
import { allocate, errors } from "../sys/calls.ts";

/** PATH_MAX, with the zero at the end. */
const pathBytesMax = 4096;

const slash = 0x2f;
const dot = 0x2e;

/** The components, without empty ones and `.`. A leading slash means nothing: the folder that is served is the root. */
function componentsOf(path: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let from = 0; from <= path.length;) {
    const slashAt = path.indexOf(slash, from);
    const to = slashAt < 0 ? path.length : slashAt;
    if (to > from && !(to - from === 1 && path[from] === dot)) found.push(path.subarray(from, to));
    from = to + 1;
  }
  return found;
}

const isUp = (name: Uint8Array): boolean => name.length === 2 && name[0] === dot && name[1] === dot;

/** What the path is called from the root, by its text alone; for somebody who asks, never to be opened. */
export function plainPath(path: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [];
  for (const name of componentsOf(path)) {
    if (isUp(name)) kept.pop();
    else kept.push(name);
  }
  const root = Buffer.from("/");
  return kept.length === 0 ? root : Buffer.concat(kept.flatMap((name) => [root, name]));
}

/** A path where calls find it, with a zero at its end; and its folder and its last name as two. */
export type Path = ReturnType<typeof createPath>;

export function createPath() {
  const { bytes, address } = allocate(pathBytesMax);
  let nameAt = 0;
  return {
    address,
    /** 0, or the negative number of an error: there is no way up, not even back to where one came from. */
    set: (path: Uint8Array): number => {
      if (path.length >= pathBytesMax) return -errors.ENAMETOOLONG;
      if (path.includes(0)) return -errors.EINVAL;
      let end = 0;
      nameAt = 0;
      for (const name of componentsOf(path)) {
        if (isUp(name)) return -errors.EACCES;
        if (end > 0) bytes[end++] = slash;
        nameAt = end;
        bytes.set(name, end);
        end += name.length;
      }
      if (end === 0) bytes[end++] = dot;
      bytes[end] = 0;
      return 0;
    },
    /** It is right below the root, or the root itself. */
    isTop: () => nameAt === 0,
    /** From now on `address` has the folder alone; the name stays. */
    cut: () => void (bytes[nameAt - 1] = 0),
    name: () => address + nameAt,
  };
}
