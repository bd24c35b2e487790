/** Writes a cpio archive ("newc"), the format the kernel unpacks an initrd from (kernel docs: early-userspace/buffer-format). */

export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string;
  /** File type and permission bits, as in `stat`. */
  readonly mode: number;
  readonly content: Uint8Array;
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");

/** Header and name, then content, each padded to 4 bytes. Owner is root; time is 0, so equal input gives equal bytes. */
function record(entry: CpioEntry, inode: number): Buffer {
  const name = `${entry.path}\0`;
  const fields = [inode, entry.mode, 0, 0, 1, 0, entry.content.length, 0, 0, 0, 0, name.length, 0];
  const head = Buffer.from(`070701${fields.map(hex).join("")}${name}`, "latin1");
  return Buffer.concat([head, padding(head.length), entry.content, padding(entry.content.length)]);
}

const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

/** Parents must come before their children. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const trailer: CpioEntry = { path: "TRAILER!!!", mode: 0, content: new Uint8Array() };
  return Buffer.concat([...entries, trailer].map((entry, index) => record(entry, index + 1)));
}
