/** A real Debian from an image host: the list, the product, a download that breaks off and goes on, the digest; then cloud-init, a resume and a larger disk. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { startServer, takenInto, type TestServer } from "../images/server.ts";
import { binary, createHome, type Home } from "./harness.ts";

/** Debian boots in one to two minutes under emulation. */
const debianMs = 8 * 60_000;
const tree = join(dirname(binary), "images");
const image = "debian-12-amd64.qcow2";
const cutBytes = 40 * 2 ** 20;

let home: Home;
let server: TestServer;
beforeAll(async () => {
  home = createHome();
  const lists = readdirSync(join(tree, "streams/v1")).map((name) => `streams/v1/${name}`);
  const files = lists.map((name) => [`/${name}`, { body: readFileSync(join(tree, name)) }] as const);
  const disk = { body: readFileSync(join(tree, image)), etag: '"one"', cutAfter: [cutBytes] };
  const taken = takenInto(join(home.directory, "data/images/partial"));
  server = await startServer({ ...Object.fromEntries(files), [`/${image}`]: disk }, { taken });
});
afterAll(async () => {
  await home.close();
  await server.stop();
}, 60_000);

const strata = (...words: readonly string[]) =>
  home.run(words, { timeoutMs: debianMs, environment: { STRATA_IMAGE_HOSTS: `lab=${server.root}` } });
const inside = (script: string) => home.ok("exec", "deb", "--", "sh", "-c", script);

test("is found by its names on the host", async () => {
  const found = await strata("find", "lab:debian");
  expect(found.stdout).toContain("Debian 12");
  expect(found.code).toBe(0);
});

test(
  "is downloaded, verified, launched with cloud-init and entered; a download that broke off goes on",
  async () => {
    const config = join(home.directory, "web.yaml");
    writeFileSync(
      config,
      "#cloud-config\nwrite_files:\n  - path: /etc/motd\n    content: |\n      made by cloud-init\nruncmd:\n  - [sh, -c, 'echo ran > /root/ran']\n",
    );
    const words = ["launch", "lab:debian", "--name", "deb", "--disk", "5G", "--cloud-init", config];
    let launched = await strata(...words);
    // What broke off is kept; whether the same launch goes on by itself or the next one does is the downloader's to choose.
    if (launched.code !== 0) launched = await strata(...words);
    expect({ code: launched.code, talk: launched.stderr }).toMatchObject({ code: 0 });
    expect(launched.stderr).toMatch(/image .*Debian 12/);
    expect(launched.stderr).toMatch(/cloud-init +done/);
    const downloads = server.asked.filter((line) => line.includes(image));
    expect(downloads).toHaveLength(2);
    expect(downloads[1]).toContain("bytes=");
    expect(await inside("cat /etc/motd; sudo cat /root/ran; hostname")).toBe("made by cloud-init\nran\ndeb\n");
    expect(Number((await inside("df -m --output=size / | tail -n 1")).trim())).toBeGreaterThan(4_500);
  },
  debianMs,
);

test(
  "takes more than its SSH server has room for at once, as input of a command and as a file",
  async () => {
    const bytes = new Uint8Array(8 * 2 ** 20).map((_, at) => (at * 31) % 251);
    const sum = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    const piped = await home.run(["exec", "deb", "--", "sha256sum"], { stdin: bytes, timeoutMs: debianMs });
    expect(piped.stdout).toStartWith(sum);
    const file = join(home.directory, "much");
    writeFileSync(file, bytes);
    await home.ok("transfer", file, "deb:much");
    expect(await inside("sha256sum much")).toStartWith(sum);
  },
  debianMs,
);

test(
  "goes on from its memory, and takes a larger disk while it runs",
  async () => {
    const boot = await inside("cat /proc/sys/kernel/random/boot_id");
    await home.ok("suspend", "deb");
    await home.ok("start", "deb");
    expect(await inside("cat /proc/sys/kernel/random/boot_id")).toBe(boot);
    const grown = await home.run(["set", "local.deb.disk=7G"], { timeoutMs: debianMs });
    expect(grown.stderr).toContain("the guest has the room");
    expect(Number((await inside("df -m --output=size / | tail -n 1")).trim())).toBeGreaterThan(6_500);
  },
  debianMs,
);

test("is kept once, and not asked for again", async () => {
  const asked = server.asked.length;
  const { images } = JSON.parse(await home.ok("images", "--json"));
  expect(images).toHaveLength(1);
  await home.ok("delete", "--purge", "deb");
  expect(server.asked.slice(asked).filter((line) => line.includes(image))).toEqual([]);
});
