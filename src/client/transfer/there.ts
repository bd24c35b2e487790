/** Files of a guest as one side of a transfer. */
import { type GuestStats, openFlags, type Sftp, statusCodes } from "../../guest/sftp.ts";
import { rightsOf, secondsOf } from "./attributes.ts";
import type { Attributes, Kind, Node, Side, Sink, Source } from "./side.ts";

/** The kinds in the file type bits of a mode. */
const typeMask = 0o170000;
const kinds: Readonly<Record<number, Kind>> = { 0o100000: "file", 0o040000: "folder", 0o120000: "link" };

/** A guest may leave anything out, or say a size that no number holds: what it says is no more than what will be asked for. */
function nodeOf({ mode = 0, size = 0, mtime = 0 }: Partial<GuestStats>): Node {
  const bytes = Number.isSafeInteger(size) && size > 0 ? size : 0;
  const kind = kinds[mode & typeMask] ?? "other";
  return { kind, bytes, mode: rightsOf(mode, kind), seconds: secondsOf(mtime) };
}

const isStatus = (error: unknown, code: number): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/** From the home of the user; a `~` is that home, too. */
const placed = (path: string): string => {
  const inHome = path.replace(/^~(?:\/+|$)/, "");
  return inHome === "" ? "." : inHome;
};

async function* entriesOf(sftp: Sftp, path: string) {
  const handle = await sftp.openFolder(path);
  try {
    for (;;) {
      const found = await sftp.readFolder(handle).catch((error: unknown) => {
        if (isStatus(error, statusCodes.endOfFile)) return [];
        throw error;
      });
      // A list without a name is the end as well: otherwise it could go on for ever.
      if (found.length === 0) return;
      yield found.map(({ filename, attrs }) => ({ name: filename, ...nodeOf(attrs) }));
    }
  } finally {
    await sftp.close(handle).catch(() => undefined);
  }
}

/** `name`: the instance, for what people read. */
export function there(sftp: Sftp, name: string): Side {
  const at =
    <Rest extends unknown[], Value>(ask: (path: string, ...rest: Rest) => Value) =>
    (path: string, ...rest: Rest): Value =>
      ask(placed(path), ...rest);
  return {
    show: (path) => `${name}:${path}`,
    resolve: at(sftp.realPath),
    status: at(async (path, follow: boolean) => {
      try {
        return nodeOf(await (follow ? sftp.stat(path) : sftp.lstat(path)));
      } catch (error) {
        if (isStatus(error, statusCodes.notFound)) return undefined;
        throw error;
      }
    }),
    entries: at((path) => entriesOf(sftp, path)),
    readLink: at(sftp.readLink),
    open: at(async (path): Promise<Source> => {
      const handle = await sftp.open(path, openFlags.read);
      return {
        read: (offset, length) => sftp.read(handle, offset, length),
        close: () => sftp.close(handle),
      };
    }),
    create: at(async (path): Promise<Sink> => {
      const handle = await sftp.open(path, openFlags.write | openFlags.create | openFlags.exclusive);
      return {
        isOrdered: false,
        write: (bytes, offset) => sftp.write(handle, bytes, offset),
        setAttributes: ({ mode, seconds }: Attributes) => sftp.setHandleStat(handle, mode, seconds),
        close: () => sftp.close(handle),
      };
    }),
    makeFolder: at(sftp.makeFolder),
    makeLink: (text, path) => sftp.makeLink(text, placed(path)),
    setAttributes: at((path, { mode, seconds }: Attributes) => sftp.setStat(path, mode, seconds)),
    rename: (from, to) => sftp.rename(placed(from), placed(to)),
    remove: at(sftp.remove),
  };
}
