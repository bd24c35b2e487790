/** The bundle that is given away: it checks with Python alone, and with strata. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { exportBundle } from "../../../src/events/store/seals/export.ts";
import { type Files, systemFiles } from "../../../src/sys/files.ts";
import { diskError } from "../../simulation/disk.ts";
import { appendAll, open } from "./bed.ts";

const place = mkdtempSync(join(tmpdir(), "strata-export-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const pythonOf = (target: string, ...words: string[]) => {
  const { stdout, exitCode } = Bun.spawnSync(["python3", "-B", join(target, "verify.py"), ...words]);
  return { exitCode, answer: JSON.parse(stdout.toString()) };
};
const python = (...words: string[]) => pythonOf(join(place, "bundle"), ...words);

test("a bundle holds the log, its seals and a verifier, and no secret", async () => {
  const directory = join(place, "data");
  const { log } = await open(systemFiles, { directory, isSealed: true, segmentBytes: 2000 });
  await appendAll(log, ["a", "b", "c", "d", "e", "f"]);
  await log.close();
  const target = join(place, "bundle");
  const made = await exportBundle({ directory, files: systemFiles, target });
  expect(made.files).toBe([...new Bun.Glob("**/*").scanSync({ cwd: target })].length);
  expect(await verifyLog({ directory: target, files: systemFiles })).toMatchObject({
    isIntact: true,
    events: log.durable(),
  });
  expect(python()).toMatchObject({ exitCode: 0, answer: { ok: true, events: log.durable(), keys: 1 } });
  const kept = join(place, "kept");
  writeFileSync(kept, log.seal()?.note ?? "");
  expect(python("--seal", kept, target).exitCode).toBe(0);
  writeFileSync(kept, (log.seal()?.note ?? "").replace(/\n\d+\n/, "\n99\n"));
  expect(python("--seal", kept, target)).toMatchObject({ exitCode: 1, answer: { kind: "log-rolled-back" } });
  writeFileSync(kept, "no seal");
  const junk = Bun.spawnSync(["python3", "-B", join(target, "verify.py"), "--seal", kept, target]);
  expect([junk.exitCode, junk.stderr.toString()]).toEqual([2, expect.stringContaining("is no seal")]);
  const secret = readFileSync(join(directory, "keys/seal.pem"), "utf8").split("\n")[1] ?? "";
  for (const name of new Bun.Glob("**/*").scanSync({ cwd: target }))
    expect(readFileSync(join(target, name), "utf8")).not.toContain(secret);
  expect(exportBundle({ directory, files: systemFiles, target })).rejects.toMatchObject({ code: "bundle-exists" });
}, 60_000);

test("an archive unpacks to the same bundle, has the same bytes for the same log, and is there whole or not at all", async () => {
  const directory = join(place, "archived");
  const { log } = await open(systemFiles, { directory, isSealed: true, segmentBytes: 2000 });
  await appendAll(log, ["a", "b", "c", "d", "e", "f"]);
  await log.close();
  const made = (name: string) => exportBundle({ directory, files: systemFiles, target: join(place, name) });
  const { folder, ...counts } = await made("one.tar");
  expect(folder).toBe("history");
  expect(await made("folder")).toEqual(counts);
  await made("another.tar");
  expect(readFileSync(join(place, "another.tar")).equals(readFileSync(join(place, "one.tar")))).toBe(true);

  const unpacked = join(place, "unpacked");
  mkdirSync(unpacked);
  expect(Bun.spawnSync(["tar", "-xf", join(place, "one.tar"), "-C", unpacked]).exitCode).toBe(0);
  expect(Bun.spawnSync(["diff", "-r", join(unpacked, "history"), join(place, "folder")]).stdout.toString()).toBe("");
  const checked = Bun.spawnSync([join(unpacked, "history", "verify.py")]);
  expect([checked.exitCode, JSON.parse(checked.stdout.toString())]).toEqual([
    0,
    expect.objectContaining({ ok: true, events: log.durable(), keys: 1 }),
  ]);

  await expect(made("one.tar")).rejects.toMatchObject({ code: "bundle-exists" });
  const full = { ...systemFiles, rename: () => Promise.reject(new Error("no")) };
  await expect(exportBundle({ directory, files: full, target: join(place, "cut.tar") })).rejects.toThrow("no");
  expect(readdirSync(place).filter((name) => name.startsWith("cut"))).toEqual([]);
}, 60_000);

test("a new key whose file could not be written yet is no damage, to neither verifier; an older file behind its seals is", async () => {
  const directory = join(place, "replaced");
  const beside = join(directory, "log", "seal.pub");
  const live = async (byte: number, files: Files) => {
    const ids = { next: () => "id", bytes: (length: number) => new Uint8Array(length).fill(byte) };
    const { log } = await open(files, { directory, isSealed: true, ids });
    await appendAll(log, [`a${byte}`]);
    await log.close();
  };
  const verdicts = async (name: string) => {
    const target = join(place, name);
    await exportBundle({ directory, files: systemFiles, target });
    const { damage } = await verifyLog({ directory, files: systemFiles });
    return [damage?.kind, pythonOf(target).answer.kind];
  };
  await live(8, systemFiles);
  const older = readFileSync(beside);
  rmSync(join(directory, "keys", "seal.pem"));
  await live(9, {
    ...systemFiles,
    writeAtomically: (path, bytes, mode) =>
      path === beside ? Promise.reject(diskError("ENOSPC", path)) : systemFiles.writeAtomically(path, bytes, mode),
  });
  expect(await verdicts("unwritten")).toEqual([undefined, undefined]);
  await live(9, systemFiles);
  expect(await verdicts("written")).toEqual([undefined, undefined]);
  writeFileSync(beside, older);
  expect(await verdicts("older")).toEqual(["seal-broken", "seal-broken"]);
});
