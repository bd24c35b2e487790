/** Images that do not come as they should, with the compiled binary and a server on loopback: Ctrl-C, lies, wrong sums and signatures, a full disk. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../src/sys/hash.ts";
import { cleartextFrom, generate } from "../images/keys.ts";
import { type Served, startServer, takenInto, type TestServer } from "../images/server.ts";
import { streamTexts, type StreamProduct } from "../images/streams.ts";
import { binary, createHome, type Home, startMounting, until } from "./harness.ts";

const mebibyte = 2 ** 20;
const body = Buffer.alloc(4 * mebibyte, "no disk at all. ");
const index = "/streams/v1/index.json";
const list = "/streams/v1/com.ubuntu.cloud:released:download.json";

let home: Home;
let server: TestServer;
beforeAll(async () => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);
beforeEach(async () => {
  server = await startServer({}, { taken: takenInto(join(images(), "partial")) });
  // The built-in hosts are left out: what the network says of them is not ours to test.
  await home.ok("set", `images.hosts=lab=${server.root}`);
});
afterEach(() => server.stop());

const images = () => join(home.directory, "data/images");
/** A folder that was never needed is an empty one. */
const namesIn = (path: string) => (existsSync(path) ? readdirSync(path) : []);
const partials = () => namesIn(join(images(), "partial"));
const stored = () => namesIn(images()).filter((name) => /\.(?:qcow2|raw)$/.test(name));
const received = () =>
  partials()
    .filter((name) => name.endsWith(".part"))
    .reduce((sum, name) => sum + statSync(join(images(), "partial", name)).size, 0);
const positionOf = async () => JSON.parse(await home.ok("daemon", "status", "--json")).log.position as number;

/** What is true after every launch that came to nothing. */
async function expectNothing(): Promise<void> {
  expect(await home.ok("list", "--quiet")).toBe("");
  expect(stored()).toEqual([]);
  expect(namesIn(join(home.directory, "data/layers"))).toEqual([]);
}

/** The lab's list has one image, `noble`, with this digest and size; the file is served as `file` says. */
function offer(file: Served, { sha256 = sha256Hex(body), size = body.length } = {}): void {
  const product: StreamProduct = {
    aliases: "24.04,noble",
    release: "noble",
    title: "24.04 LTS",
    version: "24.04",
    versions: { "20261101": { "disk1.img": { path: "noble.img", sha256, size } } },
  };
  const texts = streamTexts([product]);
  server.files.set(index, { body: texts.index });
  server.files.set(list, { body: texts.list });
  server.files.set("/noble.img", file);
}

const launch = () => home.run(["launch", "noble", "--name", "web"], { timeoutMs: 60_000 });

async function interrupted(child: ReturnType<Home["start"]>) {
  child.kill("SIGINT");
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  return { stderr, code };
}

describe("Ctrl-C", () => {
  test("while a host is asked ends it at once: nothing was made, and nothing is recorded", async () => {
    server.files.set(index, { body: "{}", stallAfter: 1 });
    const before = await positionOf();
    const child = home.start(["launch", "noble", "--name", "web"]);
    await until("the host is asked", () => server.asked.length > 0);
    expect(await interrupted(child)).toEqual({
      code: 130,
      stderr: "error: cancelled: launch web; nothing was made [cancelled]\n",
    });
    expect(await positionOf()).toBe(before);
    await expectNothing();
  });

  test("in a download keeps what came, says so, and the next launch goes on from there", async () => {
    offer({ body, etag: '"one"', stallAfter: mebibyte });
    const child = home.start(["launch", "noble", "--name", "web"]);
    await until("1 MiB has come", () => received() === mebibyte);
    const { code, stderr } = await interrupted(child);
    expect(code).toBe(130);
    expect(stderr).toContain("1M of 4M are kept, and the next launch goes on from there\n");
    expect(stderr).toMatch(/error: cancelled: launch web, operation \d+; nothing is left of it \[cancelled\]\n$/);
    await expectNothing();
    expect(partials()).toHaveLength(2);

    server.files.set("/noble.img", { body, etag: '"one"' });
    const again = await launch();
    expect(again.stderr).toContain("going on at 1M");
    expect(server.asked.at(-1)).toBe(`GET /noble.img bytes=${mebibyte}-`);
    // All of it is what was promised, and that is no disk: now nothing is worth keeping.
    expect(again.stderr).toContain("[image-invalid]");
    expect(again.stderr).toContain("form          a qcow2 or raw disk image that stands alone");
    await expectNothing();
    expect(partials()).toEqual([]);
  });
});

describe("a server that lies", () => {
  test("about the content: nothing is kept", async () => {
    offer({ body }, { sha256: "1".repeat(64) });
    const ran = await launch();
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("nothing is kept [image-checksum-mismatch]");
    expect(ran.stderr).toContain("next          strata find --force-update");
    await expectNothing();
    expect(partials()).toEqual([]);
  });

  test("about the size, and sends without an end: it stops at what is listed", async () => {
    offer({ body, chunked: true }, { size: mebibyte });
    const ran = await launch();
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("[image-size-mismatch]");
    await expectNothing();
    expect(partials()).toEqual([]);
  });

  test("about its length, and ends early each time: what came is kept, and the same line is the next one", async () => {
    offer({ body, etag: '"one"', cutAfter: [mebibyte, 0, 0, 0, 0, 0, 0] });
    const ran = await launch();
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/broke off: .*1M of 4M are kept.* \[image-download-failed\]/);
    expect(ran.stderr).toContain("next          strata launch noble --name web\n");
    await expectNothing();
    expect(received()).toBe(mebibyte);
  }, 60_000);

  test("with another's signature: its list is not taken", async () => {
    const [trusted, stranger] = [await generate("lab"), await generate("stranger")];
    const keyring = join(home.directory, "lab.gpg");
    writeFileSync(keyring, trusted.binary);
    expect((await home.run(["set", `images.keyring=${keyring}`])).stderr).toContain(`Trusted: ${trusted.fingerprint}`);
    offer({ body });
    for (const path of [index, list]) {
      const text = String(server.files.get(path)?.body);
      server.files.set(path.replace(/json$/, "sjson"), { body: await cleartextFrom(stranger, text) });
    }
    const before = await positionOf();
    const ran = await launch();
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("[image-signature-invalid]");
    expect(server.asked.join()).not.toContain("noble.img");
    expect(await positionOf()).toBe(before);
    await expectNothing();
    await home.ok("set", "images.keyring=");
  });
});

test("a disk that fills up in the middle of a download: no-space, nothing left of it, and the log goes on", async () => {
  const more = Promise.withResolvers<void>();
  const large = Buffer.alloc(100 * mebibyte, "x");
  offer({ body: large, stallAfter: mebibyte, goesOn: more.promise }, { sha256: sha256Hex(large), size: large.length });
  const small = join(home.directory, "small");
  const shrunk = join(home.directory, "shrunk");
  mkdirSync(small);
  // It shrinks once the first bytes are there; QEMU is unpacked before.
  const steps = `mount -t tmpfs -o size=1400m tmpfs ${small}
    export STRATA_HOME=${small}/data
    ${binary} set images.hosts=lab=${server.root}
    ${binary} doctor >${small}/doctor
    ${binary} launch noble --name web & launched=$!
    for n in $(seq 600); do
      [ "$(cat ${small}/data/images/partial/*.part 2>/dev/null | wc -c)" -ge ${mebibyte} ] && break
      sleep 0.05
    done
    used=$(df --output=used -m ${small} | tail -1)
    mount -o remount,size=$((used + 20))m ${small} && touch ${shrunk}
    wait $launched; echo "exit $?"
    find ${small}/data/images/partial ${small}/data/layers -type f
    ${binary} set driver.accelerator=tcg && ${binary} audit verify
    ${binary} list --quiet
    ${binary} daemon stop`;
  const child = startMounting(home, steps);
  await until("the disk has shrunk", () => existsSync(shrunk) || child.exitCode !== null, 90_000);
  more.resolve();
  const shown = await new Response(child.stdout).text();
  await child.exited;
  expect(shown).toContain("[no-space]");
  expect(shown).toContain("next          strata images prune");
  expect(shown).toContain("exit 2\n");
  expect(shown).toMatch(/^ok\s/m);
  expect(shown).not.toMatch(/\.part$|\.qcow2$/m);
}, 120_000);
