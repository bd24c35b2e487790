/** What stands for the world outside of the data directory: a folder with images, no image hosts, guests that answer at once. */
import type { GuestPort } from "../../../src/daemon/effects.ts";
import type { MountWay } from "../../../src/daemon/mounts/way.ts";
import type { ImageFolder } from "../../../src/images/folder.ts";
import type { Supply } from "../../../src/images/supply.ts";

const partBytes = 3_000;
/** Of the folder beside the executable; any name with an i is there. */
export const folder: Pick<ImageFolder, "find" | "names" | "open"> = {
  find: async (name) =>
    name.includes("i")
      ? { name, title: name, path: `/images/${name}`, bytes: 3 * partBytes, modifiedMs: 0 }
      : undefined,
  names: async () => ["tiny"],
  async *open(path) {
    for (let part = 0; part < 3; part++) yield Buffer.alloc(partBytes, `${path} ${part}`);
  },
};

/** No host is asked: names of the folder come first. */
export const noSupply: Supply = {
  folder: { name: "folder", root: "file:///images", canSign: false, list: async () => [] },
  catalog: { offers: () => Promise.reject(new Error("bug: a host is asked")) },
  choose: () => Promise.reject(new Error("bug: a host is asked")),
  bring: () => Promise.reject(new Error("bug: a host is asked")),
  collect: async () => {},
};

export const guest: GuestPort = {
  drop: () => {},
  seed: () => new Uint8Array(),
  stepClock: async () => ({ behindSeconds: 1, offSeconds: 0 }),
  identity: () => ({ before: "", after: "" }),
  growFileSystem: async () => true,
  announce: async () => {},
  reach: async () => {},
  rejoin: async () => {},
  provision: async () => ({ status: "done", messages: [] }),
};

const way: MountWay = { open: async () => ({ ended: new Promise<string>(() => undefined), close: async () => {} }) };
export const ways = { classic: way, native: way };
