/** The daemon's key pairs: guests know them, so that one that was used is never made anew. */
import { expect, test } from "bun:test";
import { createKeyring } from "../../src/daemon/keyring.ts";
import { seededRandom } from "../simulation/random.ts";
import { unsyncedDisk } from "../simulation/unsynced.ts";

const directory = "/data/keys";

test("a pair that a killed process made is kept, also when power is cut right after it was used", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const { disk, reached } = unsyncedDisk(directory);
    void createKeyring(directory, disk.boot()).own();
    await reached;
    disk.kill();
    const used = await createKeyring(directory, disk.boot()).own();
    disk.crash(seededRandom(seed));
    expect(await createKeyring(directory, disk.boot()).own()).toEqual(used);
  }
});
