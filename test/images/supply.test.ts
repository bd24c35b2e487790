/** Bringing images: what is here already is not fetched again, whatever its digest is made with, and files are imported. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createImageFolder } from "../../src/images/folder.ts";
import { createSupply, type Bringing, type KnownImage } from "../../src/images/supply.ts";
import { createVault } from "../../src/images/vault.ts";
import type { Offer } from "../../src/model/offer.ts";
import { systemClock as clock } from "../../src/sys/clock.ts";
import { systemFiles as files } from "../../src/sys/files.ts";
import { sha256Hex } from "../../src/sys/hash.ts";
import { systemIds as ids } from "../../src/sys/ids.ts";
import { startServer, type TestServer } from "./server.ts";
import { xz } from "./xz.ts";

const body = new Uint8Array(300_000).map((_, index) => (index * 7) % 251);
const sha512 = `sha512:${new Bun.CryptoHasher("sha512").update(body).digest("hex")}`;

let directory = "";
let server: TestServer;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "strata-supply-"));
  server = await startServer({ "/image.img": { body, etag: '"one"' } });
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

function setUp() {
  const vault = createVault({ directory: join(directory, "images"), files, ids });
  const folderDirectory = join(directory, "beside");
  const supply = createSupply({
    directory: join(directory, "images"),
    folderDirectory,
    files,
    clock,
    vault,
    folder: createImageFolder({ directory: folderDirectory, files }),
    architecture: "amd64",
    inspect: async () => ({ format: "qcow2", virtualSize: 2 ** 30 }),
    keyrings: async () => [],
  });
  const said: string[] = [];
  const begun: unknown[] = [];
  const options: Bringing = {
    outside: { proxies: {} },
    signal: new AbortController().signal,
    progress: () => {},
    say: (line) => said.push(line),
    extracting: () => said.push("extracting"),
    begins: (...size) => begun.push(size),
  };
  const bring = (offer: Offer, known: readonly KnownImage[] = []) => supply.bring(offer, offer.url, known, options);
  return { supply, vault, bring, said, begun, options };
}

const offer = (more: Partial<Offer> = {}): Offer => ({
  host: "lab",
  names: ["noble"],
  title: "Ubuntu",
  release: "24.04",
  version: "1",
  architecture: "amd64",
  url: `${server.root}/image.img`,
  isSupported: true,
  ...more,
});
const requests = () => server.asked.length;
const stored = () => readdirSync(join(directory, "images")).filter((name) => name.endsWith(".qcow2"));

describe("an image with a digest", () => {
  test.each([["sha256"], ["sha512"]])(
    "of %s is fetched once, also when it has moved to another address",
    async (kind) => {
      const { bring, begun } = setUp();
      const digest = kind === "sha512" ? sha512 : `sha256:${sha256Hex(body)}`;
      const first = await bring(offer({ digest }));
      expect(first.stored.sha256).toBe(sha256Hex(body));
      expect(first.source).toMatchObject({ host: "lab", version: "1", digest });
      expect(begun).toEqual([[body.length, 0]]);
      const known = [{ ...first.stored, source: first.source }];
      const again = await bring(offer({ digest, url: "http://127.0.0.1:1/elsewhere.img", version: "2" }), known);
      expect(again.stored.sha256).toBe(first.stored.sha256);
      expect(requests()).toBe(1);
      // Nothing was announced: nothing is fetched.
      expect(begun).toHaveLength(1);
    },
  );

  test("that the log knows and the vault has lost is fetched again", async () => {
    const { bring, vault } = setUp();
    const digest = `sha256:${sha256Hex(body)}`;
    const first = await bring(offer({ digest }));
    await vault.remove(first.stored.sha256);
    await bring(offer({ digest }), [{ ...first.stored, source: first.source }]);
    expect(requests()).toBe(2);
    expect(stored()).toHaveLength(1);
  });
});

describe("an address without a digest", () => {
  async function brought() {
    const it = setUp();
    const first = await it.bring(offer());
    return { ...it, first, known: [{ ...first.stored, source: first.source }] };
  }

  test("that has not changed is not fetched again; its server is asked", async () => {
    const { bring, first, known, begun } = await brought();
    expect(first.source.mark).toBe('"one"');
    const again = await bring(offer(), known);
    expect(again.stored.sha256).toBe(first.stored.sha256);
    expect(again.source.mark).toBe('"one"');
    expect(server.headers.at(-1)).toMatchObject({ "if-none-match": '"one"' });
    expect(begun).toHaveLength(1);
  });

  test("that has changed is", async () => {
    const { bring, known, first } = await brought();
    server.files.set("/image.img", { body: body.subarray(1), etag: '"two"' });
    expect((await bring(offer(), known)).stored.sha256).not.toBe(first.stored.sha256);
    expect(stored()).toHaveLength(2);
  });

  test("whose server gave no mark is fetched each time, into one file", async () => {
    server.files.set("/image.img", { body });
    const { bring, known } = await brought();
    await bring(offer(), known);
    expect(requests()).toBe(2);
    expect(stored()).toHaveLength(1);
  });

  test("whose server is away is taken as it was, and that is said", async () => {
    const { bring, known, first, said } = await brought();
    await server.stop();
    expect((await bring(offer(), known)).stored.sha256).toBe(first.stored.sha256);
    expect(said).toEqual([expect.stringContaining("the image that came from there before is taken")]);
  });
});

describe("a file", () => {
  const fileOffer = (more: Partial<Offer> = {}) => offer({ url: `file://${directory}/beside/image.qcow2`, ...more });
  const put = (bytes: Uint8Array) => {
    mkdirSync(join(directory, "beside"), { recursive: true });
    writeFileSync(join(directory, "beside/image.qcow2"), bytes);
  };

  test("is imported, and announced with its size", async () => {
    const { bring, begun } = setUp();
    put(body);
    const { stored: image, source } = await bring(fileOffer({ digest: `sha256:${sha256Hex(body)}` }));
    expect(image).toMatchObject({ sha256: sha256Hex(body), bytes: body.length });
    expect(source.url).toStartWith("file:");
    expect(begun).toEqual([[body.length, 0]]);
  });

  test("that is compressed is listed as it is, and stored as what is in it", async () => {
    const { bring } = setUp();
    const packed = xz(body);
    put(packed);
    const { stored: image } = await bring(fileOffer({ digest: `sha256:${sha256Hex(packed)}` }));
    expect(image).toMatchObject({ sha256: sha256Hex(body), bytes: body.length });
  });

  test("that is another than its list says is refused, and nothing of it stays", async () => {
    const { bring } = setUp();
    put(body);
    await expect(bring(fileOffer({ digest: `sha256:${"1".repeat(64)}` }))).rejects.toMatchObject({
      code: "image-checksum-mismatch",
      message: expect.stringContaining("nothing is kept"),
    });
    expect(stored()).toEqual([]);
  });

  test("that is refused so, and that an instance brought before under its true name, stays", async () => {
    const { bring } = setUp();
    put(body);
    const first = await bring(fileOffer({ digest: `sha256:${sha256Hex(body)}` }));
    const known = [{ ...first.stored, source: first.source }];
    await expect(bring(fileOffer({ digest: `sha256:${"1".repeat(64)}` }), known)).rejects.toThrow();
    expect(stored()).toHaveLength(1);
  });

  test("that is listed and not there is told with its path", async () => {
    const { bring } = setUp();
    await expect(bring(fileOffer())).rejects.toMatchObject({
      code: "image-not-available",
      message: expect.stringContaining("beside/image.qcow2"),
    });
  });
});

describe("an address as the image", () => {
  const choose = (text: string) => {
    const { supply, options } = setUp();
    return supply.choose(text, { hosts: [], outside: options.outside, signal: options.signal });
  };

  test("is an offer of its own, named by its file, whose query is fetched with", async () => {
    const { offer: direct } = await choose("https://lab.example/a/noble%20server.img?key=secret");
    expect(direct).toMatchObject({ host: "url", url: "https://lab.example/a/noble%20server.img?key=secret" });
    expect(direct.names).toEqual(["noble-20server.img"]);
  });

  test.each([
    ["ftp://lab.example/x.img", "ftp: is not known"],
    ["https://me:word@lab.example/x.img", "a password in it"],
    ["file:///etc/passwd", "read by the command"],
  ])("%s is refused", async (text, why) => {
    const refused = await choose(text).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "image-url-invalid", message: expect.stringContaining(why), exit: 1 });
    expect(String(refused)).not.toContain("word@");
  });
});
