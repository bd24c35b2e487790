/** Many seeds in several processes at once. */
import { join } from "node:path";
import type { SeedLine } from "./seeds.ts";

const program = join(import.meta.dir, "seeds.ts");

/** Runs the seeds from `first` on, `count` of them, dealt out to so many processes. `hear` is told of each. */
export async function runSeeds(
  { first, count, processes }: { first: number; count: number; processes: number },
  hear: (line: SeedLine) => void,
): Promise<void> {
  const heard = new Set<number>();
  const hearOnce = (line: SeedLine) => {
    heard.add(line.seed);
    hear(line);
  };
  const starts = Array.from({ length: Math.min(processes, count) }, (_, at) => first + at);
  await Promise.all(starts.map((start) => runShare(start, first + count - start, processes, hearOnce)));
  // One that ended the process would otherwise be passed over.
  for (let seed = first; seed < first + count; seed++)
    if (!heard.has(seed)) hear({ seed, failure: `seed ${seed}: its process ended before it, or in it` });
}

async function runShare(start: number, count: number, step: number, hear: (line: SeedLine) => void): Promise<void> {
  const child = Bun.spawn([process.execPath, program, start, count, step].map(String), {
    stdout: "pipe",
    stderr: "inherit",
  });
  try {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("{")) hear(JSON.parse(line) as SeedLine);
    }
  } finally {
    child.kill();
    await child.exited;
  }
}
