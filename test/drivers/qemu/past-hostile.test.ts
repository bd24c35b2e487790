/** What a guest, or who broke out of one, may have left on a disk of the past; and what a daemon left that was killed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { partitionTable } from "../../../build/images/disk.ts";
import type { FileSupport } from "../../../src/drivers/past-files.ts";
import { createContext } from "../../../src/drivers/qemu/context.ts";
import { createPast } from "../../../src/drivers/qemu/past/index.ts";
import { UserError } from "../../../src/errors.ts";
import { systemProcesses } from "../../../src/sys/process.ts";
import { seededRandom } from "../../simulation/random.ts";
import { createPastBed, edit, freeze, leftovers, makeDisk, makeFileSystem, sh, type PastBed } from "./past-bed.ts";

const limitMs = 60_000;
const signal = () => AbortSignal.timeout(limitMs);
let bed: PastBed;
let past: FileSupport;
const base = () => join(bed.data, "images/base.qcow2");
beforeAll(async () => {
  bed = createPastBed();
  mkdirSync(bed.at("tree/folder"), { recursive: true });
  writeFileSync(bed.at("tree/folder/nameXwith"), "text\n");
  for (let n = 0; n < 50; n++) writeFileSync(bed.at(`tree/folder/file-${n}`), "x".repeat(n * 500));
  // Without checksums, so that a changed name is taken for a name.
  await makeFileSystem(bed.at("tree"), bed.at("root.raw"), ["-O", "^metadata_csum"]);
  makeDisk(bed.at("root.raw"), bed.at("disk.raw"));
  await sh(["qemu-img", "convert", "-O", "qcow2", bed.at("disk.raw"), base()]);
  await freeze(bed, bed.at("disk.raw"), "plain", base());
  past = await bed.past("served");
}, limitMs);
afterAll(() => bed?.close());

/** A layer whose disk has `bytes` at that place. */
async function patched(
  id: string,
  from: string,
  patches: readonly (readonly [number, Uint8Array | string])[],
): Promise<void> {
  const raw = bed.at(`${id}.raw`);
  copyFileSync(from, raw);
  const file = openSync(raw, "r+");
  for (const [at, bytes] of patches) writeSync(file, Buffer.from(bytes as string, "latin1"), 0, bytes.length, at);
  closeSync(file);
  await freeze(bed, raw, id, base());
}

describe("the root file system", () => {
  test(
    "is found without a partition table, and in one of the old kind",
    async () => {
      await freeze(bed, bed.at("root.raw"), "bare", base());
      const old = bed.at("old.raw");
      writeFileSync(old, "");
      truncateSync(old, 2 ** 20);
      writeFileSync(old, readFileSync(bed.at("root.raw")), { flag: "a" });
      const file = openSync(old, "r+");
      writeSync(file, partitionTable(2048, statSync(bed.at("root.raw")).size / 512), 0, 66, 446);
      closeSync(file);
      await freeze(bed, old, "old", base());
      for (const id of ["bare", "old"])
        expect((await past.list(id, "/", signal())).entries.map(({ name }) => name)).toEqual(["folder", "lost+found"]);
    },
    limitMs,
  );

  test(
    "of another kind is named",
    async () => {
      for (const [id, at, mark] of [
        ["xfs", 0, "XFSB"],
        ["btrfs", 0x1_0040, "_BHRfS_M"],
      ] as const) {
        await patched(id, bed.at("disk.raw"), [
          [4 * 2 ** 20 + 1080, "\0\0"],
          [4 * 2 ** 20 + at, mark],
        ]);
        await expect(past.list(id, "/", signal())).rejects.toMatchObject({
          code: "file-system-unsupported",
          message: expect.stringContaining(`is ${id} (64M)`),
        });
      }
    },
    limitMs,
  );
});

describe("a layer", () => {
  const standsOn = (id: string, backing: string) =>
    sh(["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", backing, bed.layer(id), "64M"]);

  test(
    "that names a file outside of the data directory is not followed",
    async () => {
      for (const [id, backing] of [
        ["absolute", "/etc/passwd"],
        ["upwards", "../images/../../../etc/passwd"],
        ["json", 'json:{"driver":"raw","file":{"driver":"file","filename":"/etc/passwd"}}'],
      ] as const) {
        await standsOn(id, backing);
        await expect(past.list(id, "/", signal())).rejects.toMatchObject({ code: "layer-damaged" });
      }
    },
    limitMs,
  );

  test(
    "that keeps its data in another file is not opened",
    async () => {
      await sh([
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        `data_file=${bed.at("outside")},data_file_raw=on`,
        bed.layer("outside"),
        "1M",
      ]);
      await expect(past.list("outside", "/", signal())).rejects.toMatchObject({ code: "layer-damaged" });
    },
    limitMs,
  );

  test(
    "that stands on itself, or on what is gone, is refused with the reason",
    async () => {
      await standsOn("round", "round.qcow2");
      await sh(["qemu-img", "rebase", "-u", "-F", "qcow2", "-b", "round.qcow2", bed.layer("round")]);
      await expect(past.list("round", "/", signal())).rejects.toMatchObject({ code: "layer-damaged" });
      await standsOn("orphan", "../images/gone.raw");
      await expect(past.list("orphan", "/", signal())).rejects.toMatchObject({
        code: "layer-missing",
        message: expect.stringContaining("gone.raw"),
      });
      writeFileSync(bed.layer("text"), "no disk");
      await expect(past.list("text", "/", signal())).rejects.toMatchObject({ code: "layer-damaged" });
    },
    limitMs,
  );
});

/** A damaged inode may tell of any size. */
async function readSome(content: AsyncIterable<Uint8Array>): Promise<void> {
  let bytes = 0;
  for await (const piece of content) if ((bytes += piece.length) > 2 ** 26) return;
}

describe("a damaged file system", () => {
  test(
    "with names that no kernel makes gives no file under another's name",
    async () => {
      const at = readFileSync(bed.at("disk.raw")).indexOf("nameXwith");
      await patched("slash", bed.at("disk.raw"), [[at, "name/with"]]);
      await expect(past.list("slash", "/folder", signal())).rejects.toMatchObject({ code: "files-damaged" });
      await patched("dots", bed.at("disk.raw"), [[at, "..\0\0\0\0\0\0\0"]]);
      const { entries } = await past.list("dots", "/folder", signal());
      expect(entries.map(({ name }) => name)).not.toContain("..");
    },
    limitMs,
  );

  test(
    "ends with what is readable or with a word on it, and nothing goes on running",
    async () => {
      for (let seed = 1; seed <= 10; seed++) {
        const random = seededRandom(seed).next;
        const place = () => 4 * 2 ** 20 + 1024 + Math.floor(random() * 2 ** 21);
        const noise = () => Uint8Array.from({ length: 1 + Math.floor(random() * 16) }, () => random() * 256);
        await patched(
          `noise-${seed}`,
          bed.at("disk.raw"),
          Array.from({ length: 400 }, () => [place(), noise()] as const),
        );
        for (const work of [
          () => past.list(`noise-${seed}`, "/folder", signal()),
          async () => readSome((await past.read(`noise-${seed}`, "/", signal())).content),
          () => Array.fromAsync(past.changes("plain", `noise-${seed}`, signal())),
        ])
          await work().catch((error: unknown) => expect(error).toBeInstanceOf(UserError));
        expect(await leftovers(bed)).toEqual([]);
      }
    },
    limitMs,
  );

  test(
    "whose journal is no journal is refused",
    async () => {
      const raw = bed.at("journal.raw");
      copyFileSync(bed.at("root.raw"), raw);
      await edit(raw, "feature needs_recovery", "set_inode_field <8> block[0] 0", "set_inode_field <8> mode 0");
      makeDisk(raw, bed.at("journal-disk.raw"));
      await freeze(bed, bed.at("journal-disk.raw"), "journal", base());
      await expect(past.list("journal", "/", signal())).rejects.toMatchObject({ code: "files-damaged" });
      expect(await leftovers(bed)).toEqual([]);
    },
    limitMs,
  );
});

test(
  "what a killed daemon left is removed by the next, and a server that waits is ended",
  async () => {
    const [data, runtime] = [join(bed.data, "past/7"), join(bed.runtime, "past/7")];
    for (const folder of [data, runtime]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(data, "top.qcow2"), "old");
    const waiting = Bun.spawn(["qemu-nbd", `--socket=${runtime}/nbd`, "-f", "raw", bed.at("root.raw")], {
      stderr: "ignore",
    });
    try {
      while (!existsSync(`${runtime}/nbd`)) await Bun.sleep(5);
      await (await bed.past("served")).list("plain", "/", signal());
      expect(await waiting.exited).toBe(0);
      expect(await leftovers(bed)).toEqual([]);
    } finally {
      waiting.kill("SIGKILL");
      await waiting.exited;
    }
  },
  limitMs,
);

test.if(process.getuid?.() === 0)(
  "a root daemon's programs have an account of their own, and a layer stays its machine's",
  async () => {
    await sh(["chown", "720005:720005", bed.layer("plain")]);
    const { content } = await past.read("plain", "/folder/file-9", signal());
    const ours = systemProcesses
      .list()
      .filter(({ argv }) => argv.some((word) => word.includes(`${bed.runtime}/past/`)));
    expect(ours.length).toBe(2);
    for (const { pid } of ours)
      expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(
        /^Uid:\t719999\t719999\t719999\t719999$[^]*^Groups:\s*$/m,
      );
    expect(Buffer.concat(await Array.fromAsync(content)).length).toBe(4500);
    expect(statSync(bed.layer("plain"))).toMatchObject({ uid: 720_005, gid: 719_999, mode: 0o100640 });
  },
  limitMs,
);

test(
  "a host without the programs says which package brings them",
  async () => {
    const { context } = await bed.parts("served");
    const toolchain = async () => {
      const { disks: _, ...rest } = await context.toolchain();
      return rest;
    };
    const bare = createPast(createContext({ ...context, toolchain: toolchain as typeof context.toolchain }));
    await expect(bare.list("plain", "/", signal())).rejects.toMatchObject({
      code: "files-unavailable",
      hints: [["next", "sudo apt-get install e2fsprogs qemu-utils"], expect.anything()],
    });
  },
  limitMs,
);

test(
  "a copy that does not fit is refused before it is made",
  async () => {
    const { context } = await bed.parts("copied");
    const files = { ...context.files, space: async () => ({ freeBytes: 2 ** 30, totalBytes: 2 ** 31 }) };
    await expect(createPast({ ...context, files }).list("plain", "/", signal())).rejects.toMatchObject({
      code: "no-space",
    });
    expect(await leftovers(bed)).toEqual([]);
  },
  limitMs,
);
