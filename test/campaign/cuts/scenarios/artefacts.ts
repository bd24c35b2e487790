/** Power is cut while images are stored and named by events: what an event names is there, whole. */
import { createVault, type Inspect } from "../../../../src/images/vault.ts";
import { systemFiles } from "../../../../src/sys/files.ts";
import { ann } from "../../../events/store/bed.ts";
import { append, type Bed, open, type Scenario } from "./bed.ts";

/** The type of the events that name a file of the vault, for the judge. */
export const storedType = "test.image-stored";
export const vaultOf = (directory: string): string => `${directory}/images`;

const inspect: Inspect = () => Promise.resolve({ format: "raw", virtualSize: 1 << 20 });

async function* content(bytes: Uint8Array) {
  yield bytes;
}

async function store(bed: Bed, log: Awaited<ReturnType<typeof open>>, bytes: Uint8Array, command: string) {
  const vault = createVault({ directory: vaultOf(bed.directory), files: systemFiles, ids: bed.ids });
  const { signal } = new AbortController();
  const { sha256 } = await vault.add(content(bytes), { signal }, inspect);
  const events = [{ type: storedType, version: 1, stream: `image/${sha256}`, data: { sha256 } }];
  bed.journal.sent(command, 1);
  await log.append({ events, command, by: ann }).durable;
  bed.journal.acknowledged(command);
}

const images: Scenario = {
  name: "images",
  run: async (bed) => {
    const log = await open(bed);
    const some = (count: number) => bed.ids.bytes(3_000 + count * 2_000);
    await append(bed, log, "begun");
    for (let count = 0; count < 5; count++) await store(bed, log, some(count), `alone-${count}`);
    await Promise.all([5, 6, 7].map((count) => store(bed, log, some(count), `together-${count}`)));
    await log.close();
  },
};

export const artefacts: readonly Scenario[] = [images];
