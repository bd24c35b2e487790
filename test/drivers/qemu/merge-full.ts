/** Run by a test on a small disk: a merge that has no room for its copy, and then has. Says what came of it, as JSON. */
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../src/errors.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { systemHost } from "../../../src/sys/host.ts";
import { createMergeBed, image } from "./merge-bed.ts";

const directory = process.argv[2] ?? "";
const mebibyte = 2 ** 20;
// What the driver asks for beforehand is there, and gone when it writes.
const space = async () => ({ freeBytes: 2 ** 40, totalBytes: 2 ** 40 });
// Who is root of a namespace of its own has no other accounts.
const host = { ...systemHost(), uid: 1_000 };
const bed = createMergeBed(directory, { host, files: { ...systemFiles, space } });
const signal = () => AbortSignal.timeout(60_000);

bed.makeImage("raw", 32 * mebibyte, ["write -P 1 0 1M"]);
bed.makeLayer("low", `../images/${image}.raw`, "raw", 32 * mebibyte, ["write -P 2 1M 6M"]);
bed.makeLayer("gone", "low.qcow2", "qcow2", 32 * mebibyte, ["write -P 3 2M 8M"]);
bed.makeLayer("top", "gone.qcow2", "qcow2", 32 * mebibyte, ["write -P 4 6M 8M"]);
const copy = join(directory, "as-it-was.raw");
bed.must("qemu-img", "convert", "-O", "raw", bed.layer("top"), copy);

const ballast = join(directory, "ballast");
const { bavail, bsize } = statfsSync(directory);
writeFileSync(ballast, Buffer.alloc(bavail * bsize - 12 * mebibyte));
const plan = { layer: "top", from: ["gone"], parent: "low", machines: [] };
const code = await bed.driver.snapshots.merge(plan, signal()).then(
  () => "done",
  (error: unknown) => (error instanceof UserError ? error.code : String(error)),
);
const full = { code, files: bed.files(), isSame: bed.isSame(bed.layer("top"), copy) };
rmSync(ballast);
const { bytes } = await bed.driver.snapshots.merge(plan, signal());
const roomy = { files: bed.files(), isSame: bed.isSame(bed.layer("top"), copy), isCopied: bytes > 12 * mebibyte };
await bed.driver.close();
console.log(JSON.stringify({ full, roomy }));
