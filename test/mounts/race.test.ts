/** A link that takes a folder's place while the helper walks through it: 100,000 tries, and the secret behind it is never met. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codes, packets, pflags } from "../../src/mounts/protocol.ts";
import { codeIn, hello, namesIn, none, startHelper, stringIn, type Client, type Packet } from "./client.ts";
import { createPlace, secret } from "./place.ts";

const triesMin = 100_000;
const atOnce = 100;
/** In attributes: behind what they have, and the upper half of the number. */
const sizeAt = 8;
const raceMs = 600_000;

const place = createPlace();
afterAll(place.remove);

/** How often each kind of request was let in, and how often it was refused. */
type Count = { in: number; refused: number };

/** One of each kind of request that could lead outside; answers how many those were. */
async function tryAll(client: Client, count: (kind: string, isIn: boolean) => void): Promise<number> {
  const took = (kind: string, answer: Packet, isIn: boolean) => {
    const isOutside = answer.type === packets.attributes && answer.body.readUInt32BE(sizeAt) === secret.length;
    if (isOutside || answer.body.includes(secret)) throw new Error(`${kind} gave the secret away`);
    count(kind, isIn);
  };
  const plain = async (kind: string, type: number, ...fields: Parameters<Client["ask"]>[1][]) => {
    const answer = await client.ask(type, ...fields);
    took(kind, answer, codeIn(answer) === codes.ok || codeIn(answer) === undefined);
  };
  const opened = async (
    kind: string,
    type: number,
    fields: Parameters<Client["ask"]>[1][],
    then: (handle: Buffer) => Promise<void>,
  ) => {
    const answer = await client.ask(type, ...fields);
    took(kind, answer, answer.type === packets.handle);
    if (answer.type !== packets.handle) return;
    const handle = stringIn(answer);
    await then(handle);
    await client.ask(packets.close, handle);
  };
  const works = [
    opened("read", packets.open, ["door/file", pflags.read, none], async (handle) =>
      took("read data", await client.ask(packets.read, handle, 0n, 1000), true),
    ),
    opened("write", packets.open, ["door/file", pflags.write | pflags.create, none], async (handle) =>
      took("written", await client.ask(packets.write, handle, 0n, "inside"), true),
    ),
    opened("create", packets.open, ["door/made", pflags.write | pflags.create | pflags.truncate, none], async () => {}),
    opened("list", packets.opendir, ["door"], async (handle) => {
      const names = namesIn(await client.ask(packets.readdir, handle)).map(String);
      if (names.includes("hidden")) throw new Error("a name from outside was listed");
    }),
    plain("status", packets.lstat, "door/file"),
    plain("mode", packets.setstat, "door/file", 4, 0o600),
    plain("link", packets.symlink, "nowhere", "door/link"),
    plain("unlink", packets.remove, "door/link"),
    plain("make folder", packets.mkdir, "door/folder", none),
    plain("remove folder", packets.rmdir, "door/folder"),
    plain("hard link", packets.extended, "hardlink@openssh.com", "door/file", "stolen"),
    plain("rename", packets.extended, "posix-rename@openssh.com", "door/made", "taken"),
    plain("space", packets.extended, "statvfs@openssh.com", "door/file"),
  ];
  await Promise.all(works);
  await client.ask(packets.remove, "stolen");
  return works.length;
}

test(
  "a folder and a link that change places let nothing out, in 100,000 tries",
  async () => {
    mkdirSync(join(place.source, "door"));
    writeFileSync(join(place.source, "door/file"), "inside");
    symlinkSync(place.outside, join(place.source, "other"));
    chmodSync(place.outside, 0o777);
    const before = place.outsideNow();
    const swapper = Bun.spawn([process.execPath, join(import.meta.dir, "swapper.ts"), place.source, "door", "other"], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const client = startHelper({ source: place.source });
    try {
      await swapper.stdout.getReader().read();
      client.send(hello);
      await client.next();
      const counts = new Map<string, Count>();
      const count = (kind: string, isIn: boolean) => {
        const now = counts.get(kind) ?? { in: 0, refused: 0 };
        counts.set(kind, isIn ? { ...now, in: now.in + 1 } : { ...now, refused: now.refused + 1 });
      };
      for (let tries = 0; tries < triesMin;) {
        const batch = await Promise.all(Array.from({ length: atOnce }, () => tryAll(client, count)));
        tries += batch.reduce((sum, done) => sum + done, 0);
      }
      expect(swapper.exitCode).toBeNull();
      // Both ways were met by each: the folder, and the link in its place.
      for (const kind of ["read", "write", "create", "list", "status", "mode", "space"]) {
        expect([kind, (counts.get(kind)?.in ?? 0) > 0]).toEqual([kind, true]);
        expect([kind, (counts.get(kind)?.refused ?? 0) > 0]).toEqual([kind, true]);
      }
      expect(place.outsideNow()).toBe(before);
      expect(await client.end()).toBe(0);
    } finally {
      swapper.kill("SIGKILL");
      await client.end();
    }
  },
  raceMs,
);
