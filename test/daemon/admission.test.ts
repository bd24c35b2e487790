/** What a name means at launch: every name that `strata images -q` prints is one that launch takes. */
import { expect, test } from "bun:test";
import { findSource } from "../../src/daemon/handlers/admission.ts";
import type { Caller, Daemon } from "../../src/daemon/handlers/context.ts";
import { UserError } from "../../src/errors.ts";
import { imageWorld, sha } from "./image-world.ts";

const caller = {
  actor: { kind: "user", id: "unix:1", name: "u", role: "admin", via: "unix" },
} as const satisfies Caller;

/** `error` is what the hosts answer. */
function source(name: string, images: Parameters<typeof imageWorld>[1], error: UserError) {
  const daemon = {
    ...imageWorld([], images),
    config: { imageHosts: [], user: { uid: 1 } },
    folder: { find: async () => undefined, names: async () => [] },
    outside: async () => ({ proxies: {} }),
    supply: { choose: () => Promise.reject(error) },
  } as unknown as Daemon;
  const input = { command: "c-1", image: { name } };
  return findSource(daemon, input, caller, new AbortController().signal);
}

const image = (name: string, letter: string, atSecond: number, host?: string) => ({
  name,
  sha256: sha(letter),
  atSecond,
  ...(host !== undefined && { host }),
});
const away = new UserError("image-host-unreachable", "lab.example cannot be reached: nothing listens there");
const unknown = new UserError("image-host-unknown", 'there is no image host "lab"', { exit: 1 });

test("an image of an address or a file is meant by its name, the newest of several; no host is asked", async () => {
  const bug = new UserError("asked", "no host is to be asked");
  const images = [image("url:x.img", "b", 1, "url"), image("url:x.img", "c", 2, "url"), image("mine", "d", 3)];
  expect(await source("url:x.img", images, bug)).toEqual({
    image: { name: "url:x.img", sha256: sha("c") },
    isFetched: false,
  });
  expect(await source("mine", images, bug)).toMatchObject({ image: { sha256: sha("d") } });
});

test("what came from a host that is away, or not a host of ours any more, is taken, and that is said", async () => {
  for (const error of [away, unknown]) {
    const found = await source("lab:24.04", [image("lab:24.04", "b", 1, "lab")], error);
    expect(found).toMatchObject({ image: { name: "lab:24.04", sha256: sha("b") }, isFetched: false });
    expect(found.order?.notes).toEqual([`${error.message}; the image that came before is taken`]);
  }
});

test("without it, the host's failure is told; a refused signature always is", async () => {
  await expect(source("lab:24.04", [], unknown)).rejects.toMatchObject({ code: "image-host-unknown" });
  const refused = new UserError("image-signature-invalid", "signed by another");
  await expect(source("lab:24.04", [image("lab:24.04", "b", 1, "lab")], refused)).rejects.toBe(refused);
});
