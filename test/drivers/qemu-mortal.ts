/** Drivers of a real QEMU whose every command and rename a test sees first, and that die where it wants them to. */
import type { Driver } from "../../src/drivers/driver.ts";
import { createQemuDriver } from "../../src/drivers/qemu/index.ts";
import type { Files } from "../../src/sys/files.ts";
import type { Sockets } from "../../src/sys/socket.ts";
import type { QemuBench } from "./qemu-bench.ts";

export interface Wire {
  /** What the driver is about to do: a command, `rename PATH` or `write PATH`. True: it is not done. */
  before(what: string): boolean;
  /** Ends the driver, as far as it can be ended within one process. */
  die(): void;
  /** QEMU seems to say this. */
  hear(line: string): void;
  /** QEMU seems to refuse what it was about to be told. */
  refuse(why: string): void;
}

export function wired(bench: QemuBench, before: (what: string, wire: Omit<Wire, "before">) => boolean): Driver {
  let hear: Wire["hear"] = () => {};
  let asked = "";
  let isDead = false;
  const open: { close(): void }[] = [];
  const die = () => {
    isDead = true;
    void driver.close();
    for (const socket of open) socket.close();
  };
  const refuse = (desc: string) => hear(JSON.stringify({ id: asked, error: { class: "GenericError", desc } }));
  const wire = { die, refuse, hear: (line: string) => hear(line) };
  const sockets: Sockets = {
    connect: async (target, handlers, limit) => {
      const socket = await bench.options.sockets.connect(target, handlers, limit);
      hear = (line) => handlers.data(Buffer.from(`${line}\n`));
      const isKept = (bytes: Uint8Array | string) => {
        const said = Buffer.from(bytes).toString("latin1");
        const [, command = ""] = /"execute":"([^"]+)"/.exec(said) ?? [];
        asked = /"id":"([^"]+)"/.exec(said)?.[1] ?? "";
        return before(command, wire);
      };
      const write: typeof socket.write = (bytes) => {
        if (!isKept(bytes)) socket.write(bytes);
      };
      const writeWith: typeof socket.writeWith = (bytes, descriptor) =>
        isKept(bytes) || socket.writeWith(bytes, descriptor);
      open.push(socket);
      return { ...socket, write, writeWith };
    },
  };
  const rename: Files["rename"] = async (from, to) => {
    if (!before(`rename ${to}`, wire)) return bench.options.files.rename(from, to);
    await unless(isDead);
    throw new Error("the disk is gone");
  };
  const writeAtomically: Files["writeAtomically"] = async (path, bytes, mode) => {
    if (!before(`write ${path}`, wire)) return bench.options.files.writeAtomically(path, bytes, mode);
    await unless(isDead);
  };
  // The dead write nothing.
  const files = Object.fromEntries(
    Object.entries({ ...bench.options.files, rename, writeAtomically }).map(([name, work]) => [
      name,
      async (...all: never[]) => unless(isDead).then(() => (work as (...all: never[]) => unknown)(...all)),
    ]),
  ) as unknown as Files;
  const driver = createQemuDriver({ ...bench.options, sockets, files });
  return driver;
}

const unless = (isDead: boolean): Promise<void> => (isDead ? new Promise(() => {}) : Promise.resolve());

/** One that dies just before it does something for the n-th time, and what resolves with that. */
export function mortal(bench: QemuBench, at: string, nth = 1): { driver: Driver; died: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const driver = wired(bench, (what, { die }) => {
    if (what !== at || ++count !== nth) return false;
    die();
    resolve();
    return true;
  });
  return { driver, died: promise };
}
