/** The text of --cloud-init, as strata and as Multipass take it. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCloudInit, readPlainCloudInit } from "../../src/client/cloud-init.ts";

const directory = mkdtempSync(join(tmpdir(), "strata-cloud-init-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(directory, "a.yaml");
  writeFileSync(path, text);
  return path;
}

const headed = "#cloud-config\npackages: [nginx]\n";
const plain = "# what we need\npackages: [nginx]\n";

test("a text that does not say what it is is taken under the name of multipass only", async () => {
  expect((await readPlainCloudInit(file(headed))).text as string).toBe(headed);
  expect((await readPlainCloudInit(file(plain))).text as string).toBe(`#cloud-config\n${plain}`);
  expect((await readCloudInit(file(headed))).text as string).toBe(headed);
  await expect(readCloudInit(file(plain))).rejects.toMatchObject({ code: "cloud-init-invalid" });
});

test("what is wrong with it is told with the line that it has in the file", async () => {
  await expect(readPlainCloudInit(file("- a\n"))).rejects.toThrow("(line 1, column 1)");
  await expect(readPlainCloudInit(file("#cloud-config\n- a\n"))).rejects.toThrow("(line 2, column 1)");
});
