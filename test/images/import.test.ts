/** Images of the folder on their way into the vault. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createImageFolder } from "../../src/images/folder.ts";
import { createImporter } from "../../src/images/import.ts";
import { createVault } from "../../src/images/vault.ts";
import { systemFiles as files } from "../../src/sys/files.ts";
import { sha256Hex } from "../../src/sys/hash.ts";
import { systemIds as ids } from "../../src/sys/ids.ts";

let directory = "";
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "strata-import-"))));
afterEach(() => rmSync(directory, { recursive: true }));

/** A folder with the image `web`, a vault, and how often an image was inspected. */
function setUp() {
  const folder = createImageFolder({ directory, files });
  const vault = createVault({ directory: join(directory, "vault"), files, ids });
  const importer = createImporter({ folder, vault });
  const counted = { inspected: 0 };
  const put = (text: string) => writeFileSync(join(directory, "web.raw"), text);
  const bring = async () => {
    const image = await folder.find("web");
    if (!image) throw new Error("the test's image is missing");
    return importer.bring(image, { signal: new AbortController().signal }, async () => {
      counted.inspected += 1;
      return { format: "raw", virtualSize: 512 };
    });
  };
  return { vault, put, bring, counted };
}

test("an image is read once for many launches", async () => {
  const { put, bring, counted } = setUp();
  put("content");
  const [first, second] = [await bring(), await bring()];
  expect(first.sha256).toBe(sha256Hex(Buffer.from("content")));
  expect(second).toEqual(first);
  expect(counted.inspected).toBe(1);
});

test("a changed file is read again, even at the same size", async () => {
  const { put, bring } = setUp();
  put("content");
  await bring();
  await Bun.sleep(5);
  put("CONTENT");
  expect((await bring()).sha256).toBe(sha256Hex(Buffer.from("CONTENT")));
});

test("an image that was removed from the vault is brought back", async () => {
  const { vault, put, bring } = setUp();
  put("content");
  const { sha256 } = await bring();
  await vault.remove(sha256);
  await bring();
  expect(await vault.find(sha256)).toBeDefined();
});
