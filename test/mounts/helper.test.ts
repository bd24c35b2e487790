/** The helper as its starter meets it: whose rights count, how ids are shown, and how it ends. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mountExits } from "../../src/mounts/options.ts";
import { codes, packets, pflags } from "../../src/mounts/protocol.ts";
import { codeIn, hello, none, packet, startHelper, stringIn, type Client, type Packet } from "./client.ts";
import { createPlace } from "./place.ts";

const isRoot = process.getuid?.() === 0;
const user = { uid: 54_321, gid: 54_322, groups: [54_324, 54_323] };
const nobody = 54_399;
const sourceFile = (path: string) => join(import.meta.dir, "../../src", path);

const places: ReturnType<typeof createPlace>[] = [];
const clients: Client[] = [];
afterEach(async () => void (await Promise.all(clients.splice(0).map((client) => client.end()))));
afterAll(() => places.forEach((place) => place.remove()));

function newSource(): string {
  const place = createPlace();
  places.push(place);
  return place.source;
}

async function start(options: Parameters<typeof startHelper>[0]): Promise<Client> {
  const client = startHelper(options);
  clients.push(client);
  client.send(hello);
  await client.next();
  return client;
}

const open = (client: Client, path: string, flags: number) => client.ask(packets.open, path, flags, none);

/** Of an answer with attributes. */
const ownerIn = ({ body }: Packet): number[] => [body.readUInt32BE(12), body.readUInt32BE(16)];

const owner = 2;
const same = 0xffffffff;

describe("how it ends", () => {
  const ended = async (options: Parameters<typeof startHelper>[0]) => {
    const client = startHelper(options);
    return [await client.exited, await client.reason];
  };

  test("without a source, or with a file for one", async () => {
    const source = newSource();
    writeFileSync(join(source, "file"), "");
    expect(await ended({ source: `${source}/none` })).toEqual([mountExits.missing, `there is no ${source}/none\n`]);
    expect(await ended({ source: `${source}/file` })).toEqual([mountExits.missing, `${source}/file is no folder\n`]);
    expect(await ended({ source: `${source}/file/in` })).toEqual([
      mountExits.missing,
      `${source}/file/in is no folder\n`,
    ]);
  });

  test.skipIf(!isRoot)("where that user may not read, or not enter", async () => {
    const source = newSource();
    for (const [mode, word] of [
      [0o700, "read"],
      [0o744, "entered"],
    ] as const) {
      chmodSync(source, mode);
      expect(await ended({ source, as: user })).toEqual([
        mountExits.unreadable,
        `${source} cannot be ${word} by this user (error 13)\n`,
      ]);
    }
  });

  test.skipIf(!isRoot)("told to be somebody that it cannot be", async () => {
    const json = JSON.stringify({ source: "/", readOnly: true, as: { ...user, uid: 1 }, uids: [], gids: [] });
    // Nobody else may be let into the folder of this project, so it becomes nobody when all of it is loaded.
    const script = `import { become } from "${sourceFile("sys/become.ts")}"; import { runMountHelper } from "${sourceFile("mounts/helper.ts")}";
      become({ uid: ${nobody}, gid: ${nobody}, groups: [] }); process.exit(runMountHelper(${JSON.stringify(json)}));`;
    const child = Bun.spawn([process.execPath, "-e", script], { stderr: "pipe" });
    expect(await child.exited).toBe(mountExits.bug);
    expect(await new Response(child.stderr).text()).toBe(`user ${nobody} cannot become user 1\n`);
  });

  test("told nonsense", async () => {
    expect(await ended({ source: "relative" })).toEqual([mountExits.bug, "source is no absolute path\n"]);
  });

  test("when its folder is removed, by itself, also when it is made again at once", async () => {
    const source = newSource();
    const client = await start({ source });
    rmSync(source, { recursive: true });
    mkdirSync(source);
    expect(await client.exited).toBe(mountExits.missing);
    expect(await client.reason).toBe(`the folder ${source} was removed\n`);
  });

  test("when its folder is removed, at the next request that finds nothing", async () => {
    const source = newSource();
    const client = await start({ source });
    rmSync(source, { recursive: true });
    expect(codeIn(await client.ask(packets.lstat, "file"))).toBe(codes.notFound);
    expect(await client.exited).toBe(mountExits.missing);
  });

  test("a folder that is moved goes on", async () => {
    const source = newSource();
    writeFileSync(join(source, "file"), "");
    const client = await start({ source });
    renameSync(source, `${source}-moved`);
    expect((await client.ask(packets.lstat, "file")).type).toBe(packets.attributes);
    expect(await client.end()).toBe(mountExits.closed);
  });
});

describe.skipIf(!isRoot)("who it is", () => {
  test("the caller and no longer root, in all of its threads", async () => {
    const client = await start({ source: newSource(), as: user });
    const status = readFileSync(`/proc/${client.pid}/status`, "utf8");
    expect(status).toContain(`\nUid:\t${Array(4).fill(user.uid).join("\t")}\n`);
    expect(status).toContain(`\nGid:\t${Array(4).fill(user.gid).join("\t")}\n`);
    expect(status).toMatch(/\nGroups:\t54323 54324 ?\n/);
    expect(status).toMatch(/\nCapEff:\t0+\n/);
  });

  test("it reads and writes what the caller and the caller's groups may, and makes files that are the caller's", async () => {
    const source = newSource();
    chmodSync(source, 0o777);
    const make = (name: string, mode: number, gid: number) => {
      writeFileSync(join(source, name), name);
      chownSync(join(source, name), 0, gid);
      chmodSync(join(source, name), mode);
    };
    make("of-a-group", 0o640, 54_324);
    make("of-root", 0o600, 0);
    const client = await start({ source, as: user });
    const handle = stringIn(await open(client, "of-a-group", pflags.read));
    expect(stringIn(await client.ask(packets.read, handle, 0n, 99)).toString()).toBe("of-a-group");
    expect(codeIn(await open(client, "of-a-group", pflags.write))).toBe(codes.refused);
    expect(codeIn(await open(client, "of-root", pflags.read))).toBe(codes.refused);
    await open(client, "made", pflags.write | pflags.create);
    const { uid, gid, mode } = lstatSync(join(source, "made"));
    expect([uid, gid, mode & 0o7777]).toEqual([user.uid, user.gid, 0o644]);
  });

  test("a change of owner that changes nothing is done, and any other is refused", async () => {
    const source = newSource();
    chmodSync(source, 0o777);
    const client = await start({ source, as: user, uids: [[user.uid, 1000]], gids: [[user.gid, 1000]] });
    await open(client, "made", pflags.write | pflags.create);
    const change = async (uid: number, gid: number) =>
      codeIn(await client.ask(packets.setstat, "made", owner, uid, gid));
    expect([await change(1000, 1000), await change(same, 1000), await change(1000, same)]).toEqual([0, 0, 0]);
    expect([await change(0, same), await change(same, 5)]).toEqual([codes.refused, codes.refused]);
  });
});

test.skipIf(!isRoot)("ids are shown and taken by their pairs", async () => {
  const source = newSource();
  writeFileSync(join(source, "file"), "");
  chownSync(join(source, "file"), user.uid, user.gid);
  const client = await start({
    source,
    uids: [
      [user.uid, 1000],
      [0, 0],
    ],
    gids: [[user.gid, 1001]],
  });
  const change = async (uid: number, gid: number) => codeIn(await client.ask(packets.setstat, "file", owner, uid, gid));
  const now = () => [lstatSync(join(source, "file")).uid, lstatSync(join(source, "file")).gid];
  expect(ownerIn(await client.ask(packets.lstat, "file"))).toEqual([1000, 1001]);
  expect([await change(0, same), ...now()]).toEqual([codes.ok, 0, user.gid]);
  expect([await change(1000, 1001), ...now()]).toEqual([codes.ok, user.uid, user.gid]);
  expect([await change(77, same), await change(same, 77)]).toEqual([codes.refused, codes.refused]);
  chownSync(join(source, "file"), nobody, nobody);
  expect(ownerIn(await client.ask(packets.lstat, "file"))).toEqual([nobody, nobody]);
  expect([await change(nobody, 1001), ...now()]).toEqual([codes.ok, nobody, user.gid]);
});

test.skipIf(!isRoot)("what is neither a file nor a folder is told, renamed and removed, and never opened", async () => {
  const source = newSource();
  Bun.spawnSync(["sh", "-c", `cd ${source} && mkfifo fifo && mknod null c 1 3`]);
  const client = await start({ source });
  for (const name of ["fifo", "null"]) {
    for (const flags of [pflags.read, pflags.write, pflags.write | pflags.create, pflags.write | pflags.truncate])
      expect(codeIn(await open(client, name, flags))).toBe(codes.failure);
    expect((await client.ask(packets.lstat, name)).type).toBe(packets.attributes);
    expect(codeIn(await client.ask(packets.setstat, name, 1, 0n))).toBe(codes.badMessage);
    expect(codeIn(await client.ask(packets.rename, name, `${name}-2`))).toBe(codes.ok);
    expect(codeIn(await client.ask(packets.remove, `${name}-2`))).toBe(codes.ok);
  }
});

test("a rename of version 3 takes no place that is taken, and OpenSSH's does", async () => {
  const source = newSource();
  for (const name of ["one", "two"]) writeFileSync(join(source, name), name);
  const client = await start({ source });
  expect(codeIn(await client.ask(packets.rename, "one", "two"))).toBe(codes.failure);
  expect(codeIn(await client.ask(packets.extended, "posix-rename@openssh.com", "one", "two"))).toBe(codes.ok);
  expect(readFileSync(join(source, "two"), "utf8")).toBe("one");
});

test("answers that nobody takes are the end", async () => {
  const client = await start({ source: newSource() });
  client.leave();
  // The first may still fit into the pipe.
  for (let id = 0; id < 10_000; id++) client.send(packet(packets.lstat, id, "file"));
  expect(await client.exited).toBe(mountExits.closed);
});
