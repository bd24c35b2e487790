/** A layer that was frozen while its guest ran: it is read while the guest goes on writing, and holds what the guest was promised. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { FileSupport } from "../../../src/drivers/past-files.ts";
import { createContext } from "../../../src/drivers/qemu/context.ts";
import { createPast } from "../../../src/drivers/qemu/past/index.ts";
import { createQemuBench, type QemuBench } from "../qemu-bench.ts";
import { createPastBed, sh, ways, type PastBed } from "./past-bed.ts";

const guestMs = 120_000;
const signal = () => AbortSignal.timeout(guestMs);
let bed: PastBed;
let bench: QemuBench;
let agent: Asked;
let qmp: Asked;
const layers = () => join(bench.options.dataDirectory, "layers");

type Asked = (execute: string, args?: object) => Promise<Record<string, unknown>>;

/** One question after the other on a socket of QEMU or of its guest's agent; the answer's `return`. */
function askOn(path: string): Asked {
  const socket = connect(path);
  let text = "";
  let answer = (_line: Record<string, unknown>) => {};
  socket.on("data", (bytes) => {
    const lines = (text + bytes).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line);
      if (!("QMP" in message || "event" in message)) answer(message);
    }
  });
  socket.unref();
  return async (execute, args) => {
    const answered = new Promise<Record<string, unknown>>((resolve) => (answer = resolve));
    socket.write(`${JSON.stringify({ execute, ...(args && { arguments: args }) })}\n`);
    const { error, return: value } = await answered;
    if (error) throw new Error(`${execute}: ${JSON.stringify(error)}`);
    return value as Record<string, unknown>;
  };
}

/** Runs a script in the guest to its end. */
async function inside(script: string): Promise<void> {
  const { pid } = await agent("guest-exec", { path: "/bin/sh", arg: ["-c", script] });
  for (;;) {
    const status = await agent("guest-exec-status", { pid });
    if (!status["exited"]) await Bun.sleep(20);
    else if (status["exitcode"] === 0) return;
    else throw new Error(`exit ${status["exitcode"]} of ${script}`);
  }
}

/** A new top over `below`, which is the guest's from now on. */
async function freezeBelow(below: string, next: string): Promise<void> {
  const path = join(layers(), `${next}.qcow2`);
  await sh(["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", `${below}.qcow2`, path, "2G"]);
  chmodSync(path, 0o666);
  await qmp("blockdev-add", {
    driver: "qcow2",
    "node-name": next,
    backing: null,
    file: { driver: "file", filename: path },
  });
  const node = await qmp("qom-get", { path: "disk0", property: "drive" });
  await qmp("blockdev-snapshot", { node, overlay: next });
}

beforeAll(async () => {
  bed = createPastBed();
  bench = await createQemuBench();
  // So that a file can be named to QEMU later.
  chmodSync(bench.directory, 0o711);
  const driver = bench.open();
  const { hardware } = await driver.create(bench.id, bench.create, signal());
  const started = await driver.start(bench.id, { ...bench.start, hardware }, signal());
  await bench.reachable(started);
  await driver.close();
  const runtime = join(bench.options.runtimeDirectory, bench.id.slice(-12));
  [agent, qmp] = [askOn(join(runtime, "agent")), askOn(join(runtime, "qmp"))];
  await qmp("qmp_capabilities");
  await inside("mkdir /data; echo old >/data/both; echo gone >/data/gone; sync");
  // In the journal when the layer is frozen, and not yet in its place; a file that is open and has no name any more.
  await inside(`exec 3>/data/nameless; rm /data/nameless /data/gone; mkdir /data/new
    echo promised >/data/new/file; echo newer >/data/both; sync /data/new/file /data/both /data/new; exec sleep 0`);
  await freezeBelow("layer-1", "second");
  await inside("echo later >/data/later; echo latest >/data/both; sync");
  await agent("guest-fsfreeze-freeze");
  await freezeBelow("second", "third").finally(() => agent("guest-fsfreeze-thaw"));
}, guestMs);
afterAll(async () => {
  await bench?.close();
  bed?.close();
}, guestMs);

async function pastOf(way: (typeof ways)[number]): Promise<FileSupport> {
  const { context } = await bed.parts(way);
  return createPast(createContext({ ...bench.options, toolchain: context.toolchain }));
}

test.each(ways)(
  "what the guest had made sure of is in the layer, %s",
  async (way) => {
    const past = await pastOf(way);
    const read = async (layer: string, path: string) =>
      Buffer.concat(await Array.fromAsync((await past.read(layer, path, signal())).content)).toString();
    expect(await read("layer-1", "/data/new/file")).toBe("promised\n");
    expect(await read("layer-1", "/data/both")).toBe("newer\n");
    expect(await read("second", "/data/both")).toBe("latest\n");
    const names = async (layer: string) => (await past.list(layer, "/data", signal())).entries.map(({ name }) => name);
    expect(await names("layer-1")).toEqual(["both", "new"]);
    expect(await names("second")).toEqual(["both", "later", "new"]);
    const changes = await Array.fromAsync(past.changes("layer-1", "second", signal()));
    expect(changes.filter((change) => "path" in change && change.path.startsWith("/data/"))).toEqual([
      { change: "modified", kind: "file", path: "/data/both" },
      { change: "added", kind: "file", path: "/data/later" },
    ]);
    await inside("echo on >/data/on; sync");
  },
  guestMs,
);
