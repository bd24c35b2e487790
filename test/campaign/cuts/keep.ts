/** Recordings that something was found in: kept, so that the same point can be made again, which no second recording could. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dist } from "../../../build/tools.ts";
import { imageOfFile } from "./image.ts";
import { readJournal } from "./journal.ts";
import type { Recorded } from "./record.ts";

export const keptFolder = join(dist, "campaign", "cuts");

/** Where it is kept. */
export function keep(recorded: Recorded, work: string): string {
  const { fileSystem, scenario, seed, base, writeLog, notes } = recorded;
  const folder = join(keptFolder, `${fileSystem}-${scenario}-${seed}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const plain = join(work, "kept");
  writeFileSync(plain, "");
  base.save(plain);
  writeFileSync(join(folder, "base.zst"), Bun.zstdCompressSync(readFileSync(plain)));
  rmSync(plain);
  writeFileSync(join(folder, "write-log.zst"), Bun.zstdCompressSync(writeLog));
  writeFileSync(join(folder, "journal"), notes.map((note) => `${JSON.stringify(note)}\n`).join(""));
  writeFileSync(join(folder, "about.json"), JSON.stringify({ fileSystem, scenario, seed }));
  return folder;
}

/** `work`: a folder in memory. */
export function load(folder: string, work: string): Recorded {
  const about = JSON.parse(readFileSync(join(folder, "about.json"), "utf8")) as Pick<
    Recorded,
    "fileSystem" | "scenario" | "seed"
  >;
  const plain = join(work, "kept");
  writeFileSync(plain, Bun.zstdDecompressSync(readFileSync(join(folder, "base.zst"))));
  const base = imageOfFile(plain);
  rmSync(plain);
  const writeLog = Buffer.from(Bun.zstdDecompressSync(readFileSync(join(folder, "write-log.zst"))));
  return { ...about, base, writeLog, notes: readJournal(join(folder, "journal")) };
}
