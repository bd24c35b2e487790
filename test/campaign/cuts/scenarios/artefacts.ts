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

const some = (bed: Bed, count: number) => bed.ids.bytes(3_000 + count * 2_000);

const images: Scenario = {
  name: "images",
  run: async (bed) => {
    const log = await open(bed);
    await append(bed, log, "begun");
    for (let count = 0; count < 5; count++) await store(bed, log, some(bed, count), `alone-${count}`);
    await Promise.all([5, 6, 7].map((count) => store(bed, log, some(bed, count), `together-${count}`)));
    await log.close();
  },
};

/** Each life stores what the one before was killed over, some of it twice at once. */
const imagesAgain: Scenario = {
  name: "images-again",
  lives: 4,
  run: async (bed) => {
    const log = await open(bed);
    const same = [1, 2, 3, 3, 4, 4].map((value) => new Uint8Array(value * 3_000).fill(value));
    const storing = Promise.all(same.map((bytes, at) => store(bed, log, bytes, `${bed.life}-${at}`)));
    const others = async () => {
      const count = bed.random.below(12);
      for (let each = 0; each < count; each++) await append(bed, log, `other-${bed.life}-${each}`);
    };
    await Promise.race([storing, others()]);
  },
};

export const artefacts: readonly Scenario[] = [images, imagesAgain];
