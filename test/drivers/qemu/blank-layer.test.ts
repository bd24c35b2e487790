/** A layer that we lay out ourselves is what `qemu-img create` makes, and QEMU finds no fault in it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBlank } from "../../../src/drivers/qemu/blank-layer.ts";
import { readLayerHeader } from "../../../src/drivers/qemu/layer-header.ts";
import { systemFiles as files } from "../../../src/sys/files.ts";

const gibibyte = 2 ** 30;
const tables = 2 ** 16;
let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "strata-blank-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const qemuImg = (...words: readonly string[]) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["qemu-img", ...words]);
  if (exitCode !== 0) throw new Error(`qemu-img ${words.join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
};

const shapes = [
  { bytes: 2 ** 20, backing: "../images/a.raw", format: "raw" },
  { bytes: 512 * 2 ** 20 + 1, backing: "b.qcow2", format: "qcow2" },
  { bytes: 30 * gibibyte, backing: `${"long/".repeat(100)}c.qcow2`, format: "qcow2" },
  { bytes: 5_000 * gibibyte, backing: "d.qcow2", format: "qcow2" },
] as const;

for (const { bytes, backing, format } of shapes)
  test(`of ${bytes} bytes`, async () => {
    const [ours, theirs] = [join(directory, `${bytes}.ours`), join(directory, `${bytes}.theirs`)];
    const file = await files.open(ours, "create");
    await writeBlank(file, { bytes, backing, format });
    await file.close();
    qemuImg("create", "-q", "-f", "qcow2", "-u", "-F", format, "-b", backing, theirs, String(bytes));
    expect(statSync(ours).size).toBe(statSync(theirs).size);
    expect(readFileSync(ours).subarray(tables).equals(readFileSync(theirs).subarray(tables))).toBe(true);
    expect(await readLayerHeader(files, ours)).toEqual(await readLayerHeader(files, theirs));
    const [said, wanted] = [ours, theirs].map((path) => {
      const {
        filename: _,
        "actual-size": __,
        children: ___,
        ...facts
      } = JSON.parse(qemuImg("info", "-U", "--output=json", path));
      return facts;
    });
    expect(said).toEqual({ ...wanted, "full-backing-filename": expect.any(String) });
    const checked = { driver: "qcow2", backing: null, file: { driver: "file", filename: ours } };
    expect(JSON.parse(qemuImg("check", "--output=json", `json:${JSON.stringify(checked)}`))).toMatchObject({
      "check-errors": 0,
    });
  });

test("what can be no layer is refused", async () => {
  const file = await files.open(join(directory, "none"), "create");
  const plan = { bytes: gibibyte, backing: "a.qcow2", format: "qcow2" } as const;
  for (const wrong of [{ backing: "" }, { backing: "a".repeat(1024) }, { bytes: 2 ** 53 }])
    await expect(writeBlank(file, { ...plan, ...wrong })).rejects.toMatchObject({ code: "disk-not-made" });
  expect(await file.size()).toBe(0);
  await file.close();
});
