/** An image that the vault answers is on stable storage, whoever stored it and however far that one came. */
import { expect, test } from "bun:test";
import { createVault } from "../../src/images/vault.ts";
import type { Inspect, Vault } from "../../src/images/vault.ts";
import type { Files } from "../../src/sys/files.ts";
import { systemIds as ids } from "../../src/sys/ids.ts";
import type { SimulatedDisk } from "../simulation/disk.ts";
import { seededRandom } from "../simulation/random.ts";
import { unsyncedDisk } from "../simulation/unsynced.ts";

const content = new Uint8Array(3_000).map((_, index) => index % 253);
const directory = "/data/images";
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
/** That of the folder for what comes in. */
const syncsBefore = 1;
const { signal } = new AbortController();
const inspect: Inspect = () => Promise.resolve({ format: "raw", virtualSize: 2 ** 20 });

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield content;
}

const vaultOn = (files: Files): Vault => createVault({ directory, files, ids });
const add = (vault: Vault) => vault.add(pieces(), { signal }, inspect);

/** What was answered is there after a power cut, whatever of the unsynced names the disk keeps. */
async function expectDurable(disk: SimulatedDisk, sha256: string, seed: number): Promise<void> {
  disk.crash(seededRandom(seed));
  const files = disk.boot();
  const found = await vaultOn(files).find(sha256);
  expect({ seed, bytes: found?.bytes }).toEqual({ seed, bytes: content.length });
  expect(Buffer.compare(await files.read(found?.path ?? ""), content)).toBe(0);
}

test("one that a killed process gave its name", async () => {
  for (const seed of seeds) {
    const { disk, reached } = unsyncedDisk(directory, syncsBefore);
    void add(vaultOn(disk.boot()));
    await reached;
    disk.kill();
    const vault = vaultOn(disk.boot());
    const [sha256 = ""] = await vault.list();
    expect(await vault.find(sha256)).toMatchObject({ bytes: content.length });
    await expectDurable(disk, sha256, seed);
  }
});

test("one that somebody else stores at this moment", async () => {
  for (const seed of seeds) {
    const { disk, reached } = unsyncedDisk(directory, syncsBefore);
    const vault = vaultOn(disk.boot());
    void add(vault);
    await reached;
    const { sha256 } = await add(vault);
    await expectDurable(disk, sha256, seed);
  }
});
