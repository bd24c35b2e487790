/**
 * Asks debugfs (e2fsprogs) about a file system. It is only ever given numbers of inodes, so that no name, which a guest chose,
 * becomes a command; and what it prints is read by its form or by its length, so that no name is taken for an answer.
 */
import type { Clock } from "../../../sys/clock.ts";
import type { Piped } from "../../../sys/piped.ts";
import { damaged } from "./ext.ts";

export interface DirectoryEntry {
  readonly inode: number;
  /** Bytes, each as one character: names may be in any encoding. */
  readonly name: string;
}

/** One question at a time; the answer to one is read to its end before the next. */
export interface Debugfs {
  /** What stands in a directory, `.` and `..` left out, in the order of the disk. */
  entries(inode: number): AsyncGenerator<DirectoryEntry>;
  /** Byte of the file system at which that inode lies. */
  placeOf(inode: number): Promise<{ readonly block: number; readonly offset: number }>;
  /** The content, which has `bytes` by its inode; holes as zeros. */
  content(inode: number, bytes: number): AsyncGenerator<Uint8Array>;
  /** Ends it in order. Throws `files-damaged` when it complained of anything meanwhile. */
  finish(): Promise<void>;
}

/** How long it may work without printing anything. */
const silenceMs = 30_000;
/** A name has 255 bytes, the numbers beside it less than 100. */
const lineBytesMax = 1024;
/** `ls -p`: inode, mode, owner, group, name, size (none for a directory). A name holds no slash, but anything else. Room that is free has inode 0. */
const entryForm = /\/(\d+)\/\d+\/-?\d+\/-?\d+\/([^/\0]*)\/(\d*)\/\n/y;
const entryBegin = /\/(?:\d+(?:\/\d*(?:\/-?\d*(?:\/-?\d*(?:\/[^/\0]*(?:\/\d*(?:\/\n?)?)?)?)?)?)?)?$/y;
const placeBegin = /I[\w\s,]*$/y;
const placeForm = /Inode \d+ is part of block group \d+\n\tlocated at block (\d+), offset 0x([0-9a-f]+)\n/y;
/** What it says of itself at its start. */
const greeting = /^debugfs \d[^\n]*(?:\n|$)/;

const complaint = (stderr: string): string => stderr.replace(greeting, "").trim().split("\n")[0] ?? "";

/** Its first complaint ends it: what it cannot read it leaves out, and an answer that is cut short would be waited for. */
export function talkToDebugfs(start: (onError: (said: string) => void) => Piped, clock: Clock): Debugfs {
  const program = start((said) => {
    if (complaint(said) !== "") program.kill();
  });
  const output = createOutput(program, clock);
  let isFirst = true;

  /** Says a command; after this, its answer is next. */
  const ask = async (command: string): Promise<void> => {
    const echo = `debugfs: ${command}\n`;
    program.write(`${command}\n`);
    // Before the first there may be a word on how the disk was opened.
    await output.pass(echo, isFirst ? lineBytesMax : 0);
    isFirst = false;
  };

  async function* entries(inode: number): AsyncGenerator<DirectoryEntry> {
    await ask(`ls -p <${inode}>`);
    for (;;) {
      const found = await output.match(entryForm, entryBegin, "\n");
      if (found === undefined) return;
      const [, number = "", name = ""] = found;
      if (number !== "0" && !["", ".", ".."].includes(name)) yield { inode: Number(number), name };
    }
  }

  return {
    entries,
    placeOf: async (inode) => {
      await ask(`imap <${inode}>`);
      const [, block = "", offset = ""] = (await output.match(placeForm, placeBegin)) ?? [];
      return { block: Number(block), offset: Number.parseInt(offset, 16) };
    },
    content: async function* (inode, bytes) {
      await ask(`cat <${inode}>`);
      yield* output.bytes(bytes);
    },
    finish: async () => {
      program.endInput();
      const { exitCode, stderr } = await program.ended;
      const said = complaint(stderr);
      if (exitCode !== 0 || said !== "") throw damaged(said || "debugfs ended early");
    },
  };
}

/** What it prints, one character for each byte, taken piece by piece. */
function createOutput(program: Piped, clock: Clock) {
  let text = "";
  let at = 0;

  const next = async (): Promise<Buffer> => {
    const cancel = clock.after(silenceMs, () => program.kill());
    const chunk = await program.read().finally(cancel);
    if (chunk === undefined) throw await endOf(program);
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  };
  const keep = (chunk: Buffer) => {
    text = text.slice(at) + chunk.toString("latin1");
    at = 0;
  };
  const more = async (): Promise<void> => keep(await next());

  return {
    /** Goes behind `expected`, which comes next, or after at most `before` bytes of something else. */
    async pass(expected: string, before: number): Promise<void> {
      for (;;) {
        const found = text.indexOf(expected, at);
        if (found >= 0 && found - at <= before) return void (at = found + expected.length);
        if (text.length - at > before + expected.length) throw damaged("a file has not the length that its inode says");
        await more();
      }
    },
    /** The next piece of that form; undefined when `end` comes instead. What is neither it nor its `beginning` is an error. */
    async match(form: RegExp, beginning: RegExp, end?: string): Promise<RegExpExecArray | undefined> {
      for (;;) {
        if (end !== undefined && text.startsWith(end, at)) return void (at += end.length);
        form.lastIndex = beginning.lastIndex = at;
        const found = form.exec(text);
        if (found) {
          at += found[0].length;
          return found;
        }
        const isBegun = at === text.length || (text.length - at <= lineBytesMax && beginning.test(text));
        if (!isBegun) throw damaged("a folder holds what is no name");
        await more();
      }
    },
    async *bytes(count: number): AsyncGenerator<Uint8Array> {
      const kept = Buffer.from(text.slice(at, at + count), "latin1");
      at += kept.length;
      if (kept.length > 0) yield kept;
      for (let left = count - kept.length; left > 0;) {
        const chunk = await next();
        keep(chunk.subarray(left));
        const piece = chunk.subarray(0, left);
        left -= piece.length;
        yield piece;
      }
    },
  };
}

async function endOf(program: Piped): Promise<Error> {
  const { stderr } = await program.ended;
  return damaged(complaint(stderr) || "debugfs ended in the middle");
}
