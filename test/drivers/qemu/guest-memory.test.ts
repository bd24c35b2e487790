/** Which way memory goes into its file and out of it: past QEMU where that can be, through QEMU where it cannot. */
import { expect, test } from "bun:test";
import { beginReading, createWriting } from "../../../src/drivers/qemu/guest-memory.ts";
import { planLayout } from "../../../src/drivers/qemu/memory-file.ts";
import type { Qmp } from "../../../src/drivers/qemu/qmp.ts";
import type { LiveRecord } from "../../../src/drivers/qemu/run-record.ts";
import { systemClock } from "../../../src/sys/clock.ts";
import type { Files, OpenFile } from "../../../src/sys/files.ts";
import type { Extent, Part } from "../../../src/sys/parts.ts";
import type { Processes } from "../../../src/sys/process.ts";

const mebibyte = 2 ** 20;
const identity = { pid: 7, startTime: "1" };
const patient = new AbortController().signal;
const used = [
  { offset: 4096, length: 8192 },
  { offset: 65_536, length: 4096 },
];
const all = { offset: 0, length: mebibyte };

interface Bed {
  readonly extents?: readonly Extent[];
  readonly later?: readonly Extent[];
  readonly opens?: boolean;
  readonly isOther?: boolean;
  readonly size?: number;
}

/** What is done, in order; the memory has `extents`, and `later` others, and can be opened or not. */
function bed({ extents = used, later = extents, opens = true, isOther = false, size = mebibyte }: Bed = {}) {
  const done: string[] = [];
  const open = (name: string, head: Uint8Array = new Uint8Array()) =>
    ({
      path: name,
      read: async (at: number, length: number) => head.subarray(at, at + length),
      write: async (bytes: Uint8Array, at: number) => void done.push(`write ${name} ${at}-${at + bytes.length}`),
      truncate: async (bytes: number) => void done.push(`cut ${name} to ${bytes}`),
      extents: async () => (done.includes("ready") ? later : extents),
      size: async () => size,
      seek: (offset: number) => void done.push(`seek ${name} ${offset}`),
      copy: async (parts: readonly Part[], target: OpenFile) =>
        void done.push(`copy ${parts.length} of ${name} to ${target.path}`),
      close: async () => void done.push(`close ${name}`),
    }) as Partial<OpenFile> as OpenFile;
  const files = {
    open: async () => (opens ? open("memory") : Promise.reject(new Error("EACCES"))),
  } as Partial<Files> as Files;
  const processes = {
    sharedMemory: () => "/proc/7/fd/9",
    facts: () => ({ ...identity, uid: 0, argv: [], ...(isOther && { startTime: "2" }) }),
  } as Partial<Processes> as Processes;
  const qmp = {
    execute: async (command: string, args?: { capabilities?: { capability: string; state: boolean }[] }) => {
      const leavesOut = args?.capabilities?.find(({ capability }) => capability === "x-ignore-shared")?.state;
      done.push(leavesOut === undefined ? command : `${command} ${leavesOut}`);
    },
    pass: async () => {},
  } as Partial<Qmp> as Qmp;
  return { ports: { files, processes, clock: systemClock }, qmp, done, open };
}

const write = async (accelerator: LiveRecord["accelerator"], options: Bed = {}) => {
  const { ports, qmp, done, open } = bed(options);
  const record = { accelerator } as LiveRecord;
  const writing = createWriting(ports, { record, identity }, qmp, open("file"), "in parts");
  await writing.ready(patient);
  done.push("ready");
  const rest = await writing.begin();
  done.push("begun");
  await rest(patient);
  await writing.close();
  return done;
};

test("of a guest that stands still only what it has touched is written, and QEMU writes the rest behind it", async () => {
  const stream = planLayout(mebibyte, used)?.layout.stream;
  expect(await write("tcg")).toEqual([
    `write file 0-${stream}`,
    "migrate-set-capabilities true",
    "migrate-set-parameters",
    "ready",
    `cut file to ${stream}`,
    "write file 0-4096",
    `seek file ${stream}`,
    "migrate",
    "begun",
    "copy 2 of memory to file",
    "close memory",
  ]);
});

test("QEMU writes all where the guest runs meanwhile, and where its memory is not for us or has no holes", async () => {
  const ready = ["migrate-set-capabilities false", "migrate-set-parameters"];
  const whole = [...ready, "ready", "migrate", "begun"];
  expect(await write("kvm")).toEqual(whole);
  expect(await write("tcg", { opens: false })).toEqual(whole);
  expect(await write("tcg", { isOther: true })).toEqual(["close memory", ...whole]);
  for (const options of [{ extents: [] }, { extents: [all] }])
    expect(await write("tcg", options)).toEqual([...whole, "close memory"]);
  const first = [expect.stringContaining("write file 0-"), "migrate-set-capabilities true", "migrate-set-parameters"];
  const grown = [...first, "ready", "cut file to 0", ...ready, "migrate", "begun"];
  expect(await write("tcg", { later: [all] })).toEqual([...grown, "close memory"]);
});

const read = async (head: Uint8Array, options: Bed = {}) => {
  const { ports, qmp, done, open } = bed(options);
  await beginReading(ports, identity, qmp, open("file", head), patient);
  return done;
};

test("what was left out is put into the memory before QEMU loads the rest", async () => {
  const { head, layout } = planLayout(mebibyte, used) ?? {};
  expect(await read(head ?? new Uint8Array())).toEqual([
    "copy 2 of file to memory",
    "close memory",
    `seek file ${layout?.stream}`,
    "migrate-set-capabilities true",
    "migrate-incoming",
  ]);
  for (const options of [{ opens: false }, { isOther: true }, { size: 2 * mebibyte }])
    await expect(read(head ?? new Uint8Array(), options)).rejects.toMatchObject({ code: "memory-not-moved" });
});

test("what an earlier build saved is QEMU's alone", async () => {
  expect(await read(Buffer.from("QEVM"))).toEqual(["migrate-set-capabilities false", "migrate-incoming"]);
});
