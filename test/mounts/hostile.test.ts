/** What a guest that is root can send: the helper answers with a status or ends with a reason, and nothing outside is touched. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { mountExits } from "../../src/mounts/options.ts";
import { codes, packets, pflags } from "../../src/mounts/protocol.ts";
import { packetBytesMax } from "../../src/mounts/wire.ts";
import { seededRandom } from "../simulation/random.ts";
import { codeIn, framed, hello, none, packet, startHelper, stringIn, type Client, type Field } from "./client.ts";
import { createPlace, secret } from "./place.ts";

const patienceMs = 60_000;

const place = createPlace();
const before = place.outsideNow();
const clients: Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  expect(place.outsideNow()).toBe(before);
});
afterAll(place.remove);

async function start(options: Partial<Parameters<typeof startHelper>[0]> = {}): Promise<Client> {
  const client = startHelper({ source: place.source, ...options });
  clients.push(client);
  client.send(hello);
  expect((await client.next()).type).toBe(packets.version);
  return client;
}

const open = (client: Client, path: string | Buffer, flags: number) => client.ask(packets.open, path, flags, none);

/** A request of each kind that names something, with `path` in each place. */
const requestsOn = (path: string | Buffer): [string, number, Field[]][] => [
  ["open", packets.open, [path, pflags.read, none]],
  ["create", packets.open, [path, pflags.write | pflags.create, none]],
  ["truncate", packets.open, [path, pflags.write | pflags.truncate, none]],
  ["lstat", packets.lstat, [path]],
  ["stat", packets.stat, [path]],
  ["setstat", packets.setstat, [path, 4, 0o777]],
  ["resize", packets.setstat, [path, 1, 0n]],
  ["opendir", packets.opendir, [path]],
  ["remove", packets.remove, [path]],
  ["mkdir", packets.mkdir, [path, none]],
  ["rmdir", packets.rmdir, [path]],
  ["rename from", packets.rename, [path, "taken"]],
  ["rename to", packets.rename, ["inside", path]],
  ["readlink", packets.readlink, [path]],
  ["symlink", packets.symlink, ["text", path]],
  ["posix rename from", packets.extended, ["posix-rename@openssh.com", path, "taken"]],
  ["posix rename to", packets.extended, ["posix-rename@openssh.com", "inside", path]],
  ["hard link from", packets.extended, ["hardlink@openssh.com", path, "taken"]],
  ["hard link to", packets.extended, ["hardlink@openssh.com", "inside", path]],
  ["space", packets.extended, ["statvfs@openssh.com", path]],
];

describe("paths that lead outside", () => {
  mkdirSync(join(place.source, "folder"));
  writeFileSync(join(place.source, "inside"), "inside");
  symlinkSync(place.outside, join(place.source, "relative-door"));
  symlinkSync("/", join(place.source, "root-door"));
  symlinkSync("../outside/file", join(place.source, "last"));

  test.each([
    ["above", "../outside/file"],
    ["above, from a folder", "folder/../../outside/file"],
    ["above, absolute", `/../../../../../../../..${place.outside}/file`],
    ["absolute", join(place.outside, "file")],
    ["through a link in the middle", "relative-door/file"],
    ["through a link to the root", `root-door${place.outside}/file`],
    ["with a zero", "inside\0/../../outside/file"],
    ["with a zero at once", "\0"],
    ["up and nothing else", ".."],
    ["longer than any", "a/".repeat(4000)],
    ["a name longer than any", "b".repeat(300)],
  ])("%s", async (_, path) => {
    const client = await start();
    for (const [kind, type, fields] of requestsOn(path)) {
      const answer = await client.ask(type, ...fields);
      expect([kind, codeIn(answer) ?? codes.ok]).not.toEqual([kind, codes.ok]);
    }
    expect(readFileSync(join(place.source, "inside"), "utf8")).toBe("inside");
    expect(existsSync(join(place.source, "taken"))).toBe(false);
  });

  test("a link is read, told and removed as itself, and followed by nobody", async () => {
    const client = await start();
    expect(stringIn(await client.ask(packets.readlink, "last"), 4).toString()).toBe("../outside/file");
    for (const path of ["last", "last/"]) {
      const { body } = await client.ask(packets.stat, path);
      expect(body.readUInt32BE(4 + 8 + 8) & 0o170000).toBe(0o120000);
    }
    for (const flags of [pflags.read, pflags.write, pflags.write | pflags.create, pflags.write | pflags.truncate])
      expect(codeIn(await open(client, "last", flags))).toBe(codes.notFound);
    expect(codeIn(await client.ask(packets.setstat, "last", 4, 0o777))).toBe(codes.unsupported);
    expect(codeIn(await client.ask(packets.setstat, "last", 1, 0n))).toBe(codes.badMessage);
    expect(codeIn(await client.ask(packets.setstat, "last", 8, 1, 1))).toBe(codes.ok);
    expect(codeIn(await client.ask(packets.opendir, "relative-door"))).toBe(codes.notFound);
  });

  test("the root has no name by which it could be lost", async () => {
    const client = await start();
    for (const path of ["", "/", ".", "./", "///"]) {
      for (const [, type, fields] of requestsOn(path).filter(([kind]) =>
        /open$|create|remove|mkdir|rmdir|rename|link/.test(kind),
      ))
        expect(codeIn(await client.ask(type, ...fields))).not.toBe(codes.ok);
    }
    expect(readdirSync(place.source)).toContain("inside");
  });

  test("what a folder tells of the one above is told of itself", async () => {
    const client = await start();
    const handle = stringIn(await client.ask(packets.opendir, "/"));
    const { body } = await client.ask(packets.readdir, handle);
    const at = body.indexOf(Buffer.from("\0\0\0\x02..", "latin1")) + 6 + 4;
    const own = (await client.ask(packets.lstat, "/")).body;
    expect(body.subarray(at, at + 32)).toEqual(own.subarray(0, 32));
  });
});

describe("handles", () => {
  test.each([
    ["none", ""],
    ["one that never was", Buffer.from([0, 0, 0, 9])],
    ["a short one", "a"],
    ["a long one", "abcdefgh"],
    ["none, as a number", Buffer.alloc(4)],
  ])("%s is a failure", async (_, handle) => {
    const client = await start();
    for (const [type, ...fields] of [
      [packets.read, handle, 0n, 10],
      [packets.write, handle, 0n, "data"],
      [packets.close, handle],
      [packets.fstat, handle],
      [packets.fsetstat, handle, 4, 0o600],
      [packets.readdir, handle],
      [packets.extended, "fsync@openssh.com", handle],
    ] as const)
      expect(codeIn(await client.ask(type, ...fields))).toBe(codes.failure);
  });

  test("of a folder are none of a file, and a closed one is none", async () => {
    const client = await start();
    const folder = stringIn(await client.ask(packets.opendir, "folder"));
    const file = stringIn(await open(client, "inside", pflags.read));
    expect(codeIn(await client.ask(packets.read, folder, 0n, 10))).toBe(codes.failure);
    expect(codeIn(await client.ask(packets.readdir, file))).toBe(codes.failure);
    expect(codeIn(await client.ask(packets.write, file, 0n, "data"))).toBe(codes.failure);
    expect(codeIn(await client.ask(packets.close, file))).toBe(codes.ok);
    expect(codeIn(await client.ask(packets.close, file))).toBe(codes.failure);
    const next = stringIn(await open(client, "inside", pflags.read));
    expect(next).not.toEqual(file);
    expect(codeIn(await client.ask(packets.read, file, 0n, 10))).toBe(codes.failure);
  });

  test("10,000 opens get as many as there may be, and the rest a failure", async () => {
    const client = await start();
    const answers = await Promise.all(Array.from({ length: 10_000 }, () => open(client, "inside", pflags.read)));
    const handles = answers.filter(({ type }) => type === packets.handle).map((answer) => stringIn(answer));
    expect(handles.length).toBeGreaterThan(500);
    expect(handles.length).toBeLessThanOrEqual(4096);
    expect(new Set(answers.map(codeIn))).toEqual(new Set([undefined, codes.failure]));
    await client.ask(packets.close, handles[0] ?? "");
    expect((await open(client, "inside", pflags.read)).type).toBe(packets.handle);
  });
});

describe("packets that are none", () => {
  test.each([0, 1, 99, 101, 105, 201, 255].filter((type) => type !== packets.init))(
    "the type %d is not supported",
    async (type) => {
      const client = await start();
      expect(codeIn(await client.ask(type, "whatever"))).toBe(codes.unsupported);
    },
  );

  test("an unknown extension is not supported, and one that is cut is a bad message", async () => {
    const client = await start();
    expect(codeIn(await client.ask(packets.extended, "copy-data", "x"))).toBe(codes.unsupported);
    expect(codeIn(await client.ask(packets.extended, "hardlink@openssh.com", "inside"))).toBe(codes.badMessage);
  });

  test("each request, cut anywhere, is a bad message, and the next one is answered", async () => {
    const client = await start();
    for (const [, type, fields] of [
      ...requestsOn("nowhere/at/all"),
      ["read", packets.read, ["abcd", 0n, 5]] as const,
    ]) {
      const whole = packet(type, 5, ...fields).subarray(9);
      for (let length = 0; length < whole.length; length++) {
        const answer = await client.ask(type, { raw: whole.subarray(0, length) });
        expect(codeIn(answer)).toBeGreaterThan(codes.endOfFile);
      }
    }
  });

  test.each([
    ["too long", Buffer.from([0, 4, 0, 1, packets.lstat])],
    ["as long as can be said", Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ["empty", Buffer.alloc(4)],
    ["without a number", framed(Buffer.from([packets.lstat]))],
    ["another protocol", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
  ])("one that is %s ends the connection with a reason", async (_, bytes) => {
    const client = await start();
    client.send(bytes);
    expect(await client.exited).toBe(mountExits.broken);
    expect(await client.reason).toMatch(/^a packet .*\n$/);
  });

  test("one as long as it may be is taken", async () => {
    const client = await start();
    const handle = stringIn(await open(client, "long", pflags.read | pflags.write | pflags.create));
    const data = Buffer.alloc(packetBytesMax - (1 + 4 + 4 + 4 + 8 + 4), "x");
    expect(codeIn(await client.ask(packets.write, handle, 0n, data))).toBe(codes.ok);
    expect(codeIn(await client.ask(packets.write, handle, 2n ** 63n, "x"))).toBe(codes.badMessage);
    const { type, body } = await client.ask(packets.read, handle, 0n, 0xffffffff);
    expect([type, body.length > packetBytesMax / 2, body.length < packetBytesMax]).toEqual([packets.data, true, true]);
    rmSync(join(place.source, "long"));
  });

  test(
    "a stream that is cut at any byte is the end, and no more",
    async () => {
      const stream = Buffer.concat([hello, packet(packets.lstat, 1, "inside"), packet(packets.opendir, 2, "folder")]);
      for (let length = 0; length < stream.length; length += 3) {
        const client = startHelper({ source: place.source });
        client.send(stream.subarray(0, length));
        expect(await client.end()).toBe(mountExits.closed);
        expect(await client.reason).toBe("");
      }
    },
    patienceMs,
  );

  test(
    "20,000 packets of chance are answered one by one",
    async () => {
      const random = seededRandom(20_260_101);
      const client = await start();
      const byte = () => random.below(256);
      for (let batch = 0; batch < 200; batch++) {
        const asked = Array.from({ length: 100 }, () => {
          const type = random.below(3) === 0 ? byte() : 3 + random.below(18);
          const noise = Buffer.from(Array.from({ length: random.below(60) }, byte));
          // Half of them begin with a path, so that some get farther than their first field.
          const fields: Field[] = random.below(2) === 0 ? ["folder/x", { raw: noise }] : [{ raw: noise }];
          return type === packets.init ? undefined : client.ask(type, ...fields);
        });
        await Promise.all(asked);
      }
      expect((await client.ask(packets.lstat, "inside")).type).toBe(packets.attributes);
    },
    patienceMs,
  );
});

test("where only reading is allowed, whatever changes something is refused", async () => {
  writeFileSync(join(place.source, "kept"), "kept");
  const client = await start({ readOnly: true });
  const reading = new Set(["open", "lstat", "stat", "opendir", "readlink", "space"]);
  for (const [kind, type, fields] of requestsOn("kept").filter(([kind]) => !reading.has(kind)))
    expect([kind, codeIn(await client.ask(type, ...fields))]).toEqual([kind, codes.refused]);
  expect(codeIn(await client.ask(packets.open, "kept", pflags.read | pflags.truncate, none))).toBe(codes.refused);
  expect(codeIn(await client.ask(packets.open, "kept", pflags.append, none))).toBe(codes.refused);
  const handle = stringIn(await open(client, "kept", pflags.read));
  expect(codeIn(await client.ask(packets.fsetstat, handle, 4, 0o777))).toBe(codes.refused);
  expect(codeIn(await client.ask(packets.write, handle, 0n, "x"))).toBe(codes.failure);
  expect(stringIn(await client.ask(packets.read, handle, 0n, 100)).toString()).toBe("kept");
  expect(secret.length).toBeGreaterThan(0);
});

test("no program is left on the host that runs as who serves it", async () => {
  const client = await start();
  const modeOf = (name: string) => statSync(join(place.source, name)).mode & 0o7777;
  const create = pflags.write | pflags.create;
  const handle = stringIn(await client.ask(packets.open, "program", create, 4, 0o6755));
  expect(modeOf("program") & 0o6000).toBe(0);
  expect(codeIn(await client.ask(packets.fsetstat, handle, 4, 0o6755))).toBe(codes.ok);
  expect(modeOf("program")).toBe(0o755);
  expect(codeIn(await client.ask(packets.setstat, "program", 4, 0o6711))).toBe(codes.ok);
  expect(modeOf("program")).toBe(0o711);
  await client.ask(packets.mkdir, "shared", 4, 0o6755);
  expect(codeIn(await client.ask(packets.setstat, "shared", 4, 0o6775))).toBe(codes.ok);
  expect(modeOf("shared")).toBe(0o2775);
});
