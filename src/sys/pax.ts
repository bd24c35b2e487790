/** Headers of tar archives for whatever stands in a file system: POSIX ustar, with pax records where that is too narrow. */

export interface PaxEntry {
  /** Bytes, each as one character; so `target`. */
  readonly path: string;
  /** `link`: one more name of the file that stands at `target`. */
  readonly type: "file" | "link" | "symlink" | "character" | "block" | "directory" | "fifo";
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of the content that follows; 0 for all but files. */
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly target?: string;
  /** Major and minor number. */
  readonly device?: readonly [number, number];
}

const blockBytes = 512;
const flags = { file: "0", link: "1", symlink: "2", character: "3", block: "4", directory: "5", fifo: "6" } as const;
const paxFlag = "x";
const nameBytes = 100;
/** What octal fields hold: 7 and 11 digits. */
const numberMax = 8 ** 7 - 1;
const sizeMax = 8 ** 11 - 1;

/** All that precedes an entry's content. */
export function paxHeaders(entry: PaxEntry): Uint8Array {
  const records = recordsOf(entry);
  const own = header(entry, flags[entry.type]);
  if (records.length === 0) return own;
  const content = Buffer.concat(records);
  const padded = Buffer.alloc(Math.ceil(content.length / blockBytes) * blockBytes);
  content.copy(padded);
  const about = { ...entry, path: "pax", target: "", mode: 0o644, bytes: content.length, device: [0, 0] } as const;
  return Buffer.concat([header(about, paxFlag), padded, own]);
}

/** Fields that the plain header cannot hold as they are. */
function recordsOf({ path, target = "", bytes, uid, gid, modifiedMs }: PaxEntry): Buffer[] {
  const isWide = (text: string) => text.length > nameBytes || /[^\x20-\x7e]/.test(text);
  const seconds = Math.floor(modifiedMs / 1000);
  const fields: (readonly [string, string, boolean])[] = [
    ["path", path, isWide(path)],
    ["linkpath", target, isWide(target)],
    ["size", String(bytes), bytes > sizeMax],
    ["uid", String(uid), uid > numberMax],
    ["gid", String(gid), gid > numberMax],
    ["mtime", String(seconds), seconds < 0 || seconds > sizeMax],
  ];
  return fields.filter(([, , isNeeded]) => isNeeded).map(([key, value]) => record(key, value));
}

/** Its own length in decimal digits, which count too. */
function record(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`, "latin1");
}

function header(entry: PaxEntry, flag: string): Buffer {
  const { path, target = "", mode, uid, gid, bytes, modifiedMs, device = [0, 0] } = entry;
  const isDevice = entry.type === "character" || entry.type === "block";
  const block = Buffer.alloc(blockBytes);
  const number = (value: number, at: number, digits: number, max: number) =>
    block.write(Math.min(Math.max(value, 0), max).toString(8).padStart(digits, "0"), at);
  block.write(path.slice(0, nameBytes), 0, "latin1");
  number(mode, 100, 7, numberMax);
  number(uid, 108, 7, numberMax);
  number(gid, 116, 7, numberMax);
  number(bytes, 124, 11, sizeMax);
  number(Math.floor(modifiedMs / 1000), 136, 11, sizeMax);
  block.write(" ".repeat(8), 148);
  block.write(flag, 156);
  block.write(target.slice(0, nameBytes), 157, "latin1");
  block.write("ustar\u000000", 257, "latin1");
  number(isDevice ? device[0] : 0, 329, 7, numberMax);
  number(isDevice ? device[1] : 0, 337, 7, numberMax);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
