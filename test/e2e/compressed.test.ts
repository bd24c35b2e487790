/** Compressed images, with the compiled binary: out of a file and from an address, called by either name, and broken ones. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sha256Hex } from "../../src/sys/hash.ts";
import { startServer, takenInto, type TestServer } from "../images/server.ts";
import { xz } from "../images/xz.ts";
import { asMultipass, binary, createHome, guestMs, type Home, withoutImageHosts } from "./harness.ts";

const image = readFileSync(join(dirname(binary), "images/tiny.qcow2"));
const packed = xz(image, "-0");

let home: Home;
let server: TestServer;
let path = "";
beforeAll(async () => {
  home = createHome();
  await withoutImageHosts(home);
  path = join(home.directory, "small.qcow2.xz");
  writeFileSync(path, packed);
  const file = { body: packed, etag: '"one"', cutAfter: [1_000_000] };
  server = await startServer({ "/disk.img.xz": file }, { taken: takenInto(join(images(), "partial")) });
}, 60_000);
afterAll(async () => {
  await home.close();
  await server.stop();
}, 60_000);

const images = () => join(home.directory, "data/images");
const stored = () => readdirSync(images()).filter((name) => /\.(?:qcow2|raw)$/.test(name));
/** What is on its way, or was left there. */
const halves = () =>
  ["partial", "incoming"].flatMap((name) =>
    existsSync(join(images(), name)) ? readdirSync(join(images(), name)) : [],
  );

test("a broken file is told of, and nothing of it is left", async () => {
  const broken = join(home.directory, "broken.img");
  writeFileSync(broken, packed.subarray(0, -1_000));
  const ran = await home.run(["launch", broken, "--name", "no"]);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toBe(
    "error: the compressed image is cut off: it ends in the middle of its xz data; nothing is kept [image-damaged]\n",
  );
  expect([stored(), halves(), await home.ok("list", "--quiet")]).toEqual([[], [], ""]);
}, 60_000);

test(
  "a file becomes an instance, and is not sent again",
  async () => {
    const first = await home.run(["launch", path, "--name", "web", "--memory", "256M"], { timeoutMs: guestMs });
    expect(first.stderr).toContain("Launched: web");
    expect(stored()).toEqual([`${sha256Hex(image)}.qcow2`]);
    expect(await home.ok("exec", "web", "--", "echo", "here")).toBe("here\n");
    const [kept] = JSON.parse(await home.ok("images", "--json")).images;
    expect(kept).toMatchObject({ name: "small.qcow2.xz", sha256: sha256Hex(image) });
    expect(kept.source.digest).toBe(`sha256:${sha256Hex(packed)}`);

    const multipass = asMultipass(home);
    const again = await multipass(["launch", `file://${path}`, "-nagain", "-m", "512M"], { timeoutMs: guestMs });
    expect(again.stdout).toEndWith("Launched: again in zone1\n");
    expect(again.stdout).not.toContain("Retrieving image");
  },
  2 * guestMs,
);

test(
  "an address becomes an instance, though its download broke off on the way",
  async () => {
    await home.ok("delete", "--purge", "web", "again");
    await home.ok("images", "delete", "small.qcow2.xz");
    const ran = await home.run(["launch", `${server.root}/disk.img.xz`, "--name", "net", "--memory", "256M"], {
      timeoutMs: guestMs,
    });
    expect(ran.stderr).toContain("Launched: net");
    expect(server.asked).toEqual(["GET /disk.img.xz", "GET /disk.img.xz bytes=1000000-"]);
    expect([stored(), halves()]).toEqual([[`${sha256Hex(image)}.qcow2`], []]);
  },
  guestMs,
);
