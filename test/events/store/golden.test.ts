/** The format on disk, byte for byte: a change here is a change of every log in the world. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createDisk } from "../../simulation/disk.ts";
import { ann, batchOf, logFolder, open, segmentsOf } from "./bed.ts";

const golden = (name: string) => readFileSync(join(import.meta.dir, "golden", name), "utf8");

async function written(): Promise<Map<string, string>> {
  const files = createDisk().boot();
  const { log } = await open(files, { segmentBytes: 2000 });
  await log.append(batchOf("c1", 2)).durable;
  const event = {
    type: "instance.start-requested",
    version: 2,
    stream: "instance/i-2",
    data: { number: 1, text: 'ü "quoted" \n' },
  };
  await log.append({
    events: [event],
    command: "c2",
    operation: "op-1",
    by: { ...ann, login: 1000, tty: "pts/3" },
    reason: "why not",
  }).durable;
  await log.append(batchOf("c3")).durable;
  await log.append(batchOf("c4")).durable;
  await log.close();
  const paths = [...(await segmentsOf(files)), `${logFolder}/head`];
  return new Map(
    await Promise.all(
      paths.map(
        async (path) => [path.slice(logFolder.length + 1), Buffer.from(await files.read(path)).toString()] as const,
      ),
    ),
  );
}

test("the log of a fixed clock and fixed ids is this one", async () => {
  const files = await written();
  expect([...files.keys()]).toEqual(["000000000001.jsonl", "000000000005.jsonl", "head"]);
  for (const [name, text] of files) expect(text).toBe(golden(name));
});

test("each line's hash covers its bytes, and the next line names it: checked without any of our code", () => {
  const lines = [
    ...golden("000000000001.jsonl").trimEnd().split("\n"),
    ...golden("000000000005.jsonl").trimEnd().split("\n"),
  ];
  let previous = "0".repeat(64);
  lines.forEach((line, index) => {
    const record = JSON.parse(line);
    const covered = line.slice(0, line.lastIndexOf(',"hash":"'));
    expect(record).toMatchObject({
      position: index + 1,
      previous,
      hash: createHash("sha256").update(covered).digest("hex"),
    });
    previous = record.hash;
  });
});
