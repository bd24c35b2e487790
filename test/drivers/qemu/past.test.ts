/** Files out of frozen disks: what a guest wrote is read without the guest, whatever its names are. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FileSupport } from "../../../src/drivers/past-files.ts";
import {
  createPastBed,
  edit,
  freeze,
  leftovers,
  makeDisk,
  makeFileSystem,
  sh,
  ways,
  type PastBed,
} from "./past-bed.ts";

const limitMs = 60_000;
const signal = () => AbortSignal.timeout(limitMs);
/** Names that would be taken apart by whoever pastes them into a command or reads them by lines. */
const oddNames = [
  `a "quoted" name`,
  "two\nlines",
  "\n\ndebugfs: ls -p <2>\n",
  "<12>",
  "-l",
  "ä".repeat(120),
  "tab\tand $(x)",
];
const notUtf8 = Buffer.from([0x66, 0xff, 0xfe]);
const long = `${"deep/".repeat(30)}end`;

let bed: PastBed;
beforeAll(async () => {
  bed = createPastBed();
  const tree = bed.at("tree");
  for (const folder of ["etc", "odd", "links", "usr/bin", "big", long])
    mkdirSync(join(tree, folder), { recursive: true });
  const write = (path: string, text: string) => writeFileSync(join(tree, path), text);
  write("etc/hosts", "127.0.0.1 localhost\n");
  write("etc/secret", "s");
  write("usr/bin/tool", "#!/bin/sh\n");
  write(`${long}/file`, "deep\n");
  write("empty", "");
  for (const name of oddNames) write(join("odd", name), `content of ${name}`);
  const make = `cd ${tree}; chmod 4750 etc/secret; chmod 755 usr/bin/tool; ln -s usr/bin bin; ln -s /etc/hosts links/absolute
    ln -s ../links/../etc links/relative; ln -s round links/round; ln -s nowhere links/dangling; ln -s ${"x/".repeat(60)} links/far
    ln etc/hosts links/hard; mkfifo links/pipe; truncate -s 5G big/sparse; printf end >>big/sparse; touch -d 2020-02-03T04:05:06Z etc/hosts`;
  await sh(["sh", "-c", make]);
  mkdirSync(join(tree, "raw"));
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/raw/`), notUtf8]), "raw");
  await makeFileSystem(tree, bed.at("root.raw"));
  makeDisk(bed.at("root.raw"), bed.at("disk.raw"));
  await sh(["qemu-img", "convert", "-O", "qcow2", "-c", bed.at("disk.raw"), join(bed.data, "images/base.qcow2")]);
  await freeze(bed, bed.at("disk.raw"), "first", join(bed.data, "images/base.qcow2"));
}, limitMs);
afterAll(() => bed?.close());

async function textOf(past: FileSupport, layer: string, path: string): Promise<string> {
  const { content } = await past.read(layer, path, signal());
  return Buffer.concat(await Array.fromAsync(content)).toString();
}

/** A raw root file system that is the first one's copy, changed as debugfs is told to, frozen over `below`. */
async function changed(id: string, below: string, ...commands: readonly string[]): Promise<void> {
  const raw = bed.at(`${id}.raw`);
  copyFileSync(bed.at("root.raw"), raw);
  await edit(raw, ...commands);
  makeDisk(raw, bed.at(`${id}-disk.raw`));
  await freeze(bed, bed.at(`${id}-disk.raw`), id, below);
}

describe.each(ways)("files of a frozen disk, %s", (way) => {
  let past: FileSupport;
  beforeAll(async () => {
    past = await bed.past(way);
  }, limitMs);

  test(
    "a folder lists its names in order, with what they are",
    async () => {
      const { entries, isCut } = await past.list("first", "/", signal());
      expect(isCut).toBe(false);
      expect(entries.map(({ name }) => name)).toEqual([
        "big",
        "bin",
        "deep",
        "empty",
        "etc",
        "links",
        "lost+found",
        "odd",
        "raw",
        "usr",
      ]);
      expect(entries.find(({ name }) => name === "bin")).toMatchObject({ kind: "symlink", target: "usr/bin" });
      const etc = await past.list("first", "/etc/", signal());
      expect(etc.entries).toMatchObject([
        { name: "hosts", kind: "file", mode: 0o644, bytes: 20, modifiedMs: Date.parse("2020-02-03T04:05:06Z") },
        { name: "secret", kind: "file", mode: 0o4750, bytes: 1 },
      ]);
    },
    limitMs,
  );

  test(
    "a file, and a short and a long symbolic link, list as themselves",
    async () => {
      expect((await past.list("first", "/etc/hosts", signal())).entries).toMatchObject([{ name: "hosts", bytes: 20 }]);
      const { entries } = await past.list("first", "/links", signal());
      expect(entries.find(({ name }) => name === "far")?.target).toBe("x/".repeat(60));
      expect(entries.find(({ name }) => name === "pipe")?.kind).toBe("other");
    },
    limitMs,
  );

  test(
    "names with quotes, line ends, or what looks like a command are names",
    async () => {
      const { entries } = await past.list("first", "/odd", signal());
      expect(new Set(entries.map(({ name }) => name))).toEqual(new Set(oddNames));
      expect((await past.list("first", "/raw", signal())).entries).toMatchObject([{ name: "f\ufffd\ufffd", bytes: 3 }]);
      for (const name of oddNames) expect(await textOf(past, "first", `/odd/${name}`)).toBe(`content of ${name}`);
    },
    limitMs,
  );

  test(
    "symbolic links on the way are followed as the guest would",
    async () => {
      expect(await textOf(past, "first", "/bin/tool")).toBe("#!/bin/sh\n");
      for (const path of ["/links/absolute", "/links/relative/hosts", "/bin/../../etc/./hosts", "/../etc/hosts"])
        expect(await textOf(past, "first", path)).toBe("127.0.0.1 localhost\n");
    },
    limitMs,
  );

  test(
    "what is not there is said, and nothing else is given",
    async () => {
      for (const path of ["/nothing", "/etc/hosts/below", "/links/dangling", "/links/round", "/etc/host"])
        await expect(past.read("first", path, signal())).rejects.toMatchObject({ code: "path-not-found" });
      await expect(past.read("first", "/links/pipe", signal())).rejects.toMatchObject({ code: "path-not-readable" });
      await expect(past.list("first", "etc", signal())).rejects.toMatchObject({ code: "path-not-absolute" });
      await expect(past.list("gone", "/", signal())).rejects.toMatchObject({ code: "layer-missing" });
    },
    limitMs,
  );

  test(
    "a file of more than 4 GiB is told in full, and need not be read in full",
    async () => {
      const { entry, content } = await past.read("first", "/big/sparse", signal());
      expect(entry.bytes).toBe(5 * 2 ** 30 + 3);
      for await (const piece of content) {
        expect(piece.every((byte) => byte === 0)).toBe(true);
        break;
      }
      expect(await leftovers(bed)).toEqual([]);
    },
    limitMs,
  );

  test(
    "a folder comes as a tar archive that unpacks to the same tree",
    async () => {
      for (const folder of ["etc", "odd", "links", "deep", "raw"]) {
        const unpacked = bed.at(`unpacked-${way}-${folder}`);
        mkdirSync(unpacked);
        const { kind, content } = await past.read("first", `/${folder}`, signal());
        expect(kind).toBe("directory");
        writeFileSync(bed.at("archive.tar"), Buffer.concat(await Array.fromAsync(content)));
        await sh(["tar", "-xf", bed.at("archive.tar"), "-C", unpacked, "--no-same-owner", "-p"]);
        const look = ["find", ".", "-mindepth", "1", "-printf", "%p %y %m %s %l %Ts\\0"];
        const seen = async (at: string) => (await sh(["sh", "-c", `cd ${at}; "$@"`, "sh", ...look])).split("\0").sort();
        // Sizes and times of folders are the host's, and links of several names count there too.
        const plain = (lines: string[]) => lines.map((line) => line.replace(/^(.* d \d+) \d+  \d+$/, "$1"));
        expect(plain(await seen(unpacked))).toEqual(plain(await seen(bed.at(`tree/${folder}`))));
        await sh([
          "diff",
          "-r",
          "--no-dereference",
          "-x",
          "pipe",
          "-x",
          "absolute",
          unpacked,
          bed.at(`tree/${folder}`),
        ]);
      }
    },
    limitMs,
  );

  test(
    "what only the journal holds is there",
    async () => {
      const raw = bed.at(`journal-${way}.raw`);
      copyFileSync(bed.at("root.raw"), raw);
      const [block = ""] =
        /\d+/.exec((await sh(["debugfs", "-R", "blocks /etc/hosts", raw])).split("\n")[0] ?? "") ?? [];
      writeFileSync(bed.at("block"), Buffer.alloc(4096, "10.0.0.1 new here\n\n"));
      await edit(raw, "journal_open", `journal_write -b ${block} ${bed.at("block")}`, "journal_close");
      makeDisk(raw, bed.at("journal-disk.raw"));
      await freeze(bed, bed.at("journal-disk.raw"), `journal-${way}`, "first");
      const before = readFileSync(bed.layer(`journal-${way}`));
      expect(await textOf(past, `journal-${way}`, "/etc/hosts")).toBe("10.0.0.1 new here\n\n1");
      expect(readFileSync(bed.layer(`journal-${way}`)).equals(before)).toBe(true);
    },
    limitMs,
  );

  test(
    "of two disks, what was added, removed and modified is told, and no more",
    async () => {
      const id = `second-${way}`;
      writeFileSync(bed.at("new"), "new\n");
      await changed(
        id,
        "first",
        `write ${bed.at("new")} /etc/added`,
        "rm /etc/secret",
        "mkdir /var",
        `write ${bed.at("new")} /var/log`,
        "set_inode_field /etc/hosts mtime @1700000000",
        "set_inode_field /usr mode 040700",
        "rm /empty",
        "mkdir /empty",
        // As a kernel does.
        ...["/", "/etc"].map((folder) => `set_inode_field ${folder} ctime @1800000000`),
      );
      const expected = [
        { change: "modified", kind: "directory", path: "/empty" },
        { change: "added", kind: "file", path: "/etc/added" },
        { change: "modified", kind: "file", path: "/etc/hosts" },
        { change: "removed", kind: "file", path: "/etc/secret" },
        // One more name of /etc/hosts.
        { change: "modified", kind: "file", path: "/links/hard" },
        { change: "modified", kind: "directory", path: "/usr" },
        { change: "added", kind: "directory", path: "/var" },
        { change: "added", kind: "file", path: "/var/log" },
      ] as const;
      expect(await Array.fromAsync(past.changes("first", id, signal()))).toEqual([...expected]);
      const back = await Array.fromAsync(past.changes(id, "first", signal()));
      expect(back.filter(({ change }) => change === "removed")).toMatchObject([
        { path: "/etc/added" },
        { path: "/var" },
        { path: "/var/log" },
      ]);
      expect(await Array.fromAsync(past.changes("first", "first", signal()))).toEqual([]);
    },
    limitMs,
  );

  test(
    "a folder that stands within itself ends the reading with a word on it",
    async () => {
      const id = `round-${way}`;
      await changed(id, "first", "link /etc /etc/self");
      const { content } = await past.read(id, "/etc", signal());
      const damaged = { code: "files-damaged" };
      await expect(Array.fromAsync(content)).rejects.toMatchObject(damaged);
      await expect(Array.fromAsync(past.changes("first", id, signal()))).rejects.toMatchObject(damaged);
    },
    limitMs,
  );

  test(
    "an aborted signal ends the programs, and its reason is what comes of it",
    async () => {
      const controller = new AbortController();
      const { content } = await past.read("first", "/big/sparse", controller.signal);
      const reading = (async () => {
        for await (const _ of content) controller.abort(new Error("enough"));
      })();
      await expect(reading).rejects.toThrow("enough");
      expect(await leftovers(bed)).toEqual([]);
    },
    limitMs,
  );

  test("nothing is left of it: no program, no folder", async () => {
    expect(await leftovers(bed)).toEqual([]);
  });
});
