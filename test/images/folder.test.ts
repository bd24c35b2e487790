/** Images by name from a folder. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createImageFolder } from "../../src/images/folder.ts";
import { systemFiles as files } from "../../src/sys/files.ts";

const signal = new AbortController().signal;
let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "strata-images-"));
  const put = (name: string, text: string) => writeFileSync(join(directory, name), text);
  put("tiny.qcow2", "tiny image");
  put("tiny.json", '{"title":"Tiny test guest","later":1}');
  put("debian-12.img", "debian");
  put("both.raw", "raw");
  put("both.qcow2", "qcow2");
  put("wrong.raw", "x");
  put("wrong.json", '{"title":7}');
  put("text.txt", "x");
  put(".hidden.raw", "x");
  mkdirSync(join(directory, "folder.raw"));
});
afterAll(() => rmSync(directory, { recursive: true }));
const folder = (at = directory) => createImageFolder({ directory: at, files });

describe("a folder of images", () => {
  test("finds an image with its title and size", async () => {
    expect(await folder().find("tiny")).toEqual({
      name: "tiny",
      title: "Tiny test guest",
      path: join(directory, "tiny.qcow2"),
      bytes: 10,
      modifiedMs: statSync(join(directory, "tiny.qcow2")).mtimeMs,
    });
  });

  test("uses the name as title when nothing describes the image", async () => {
    expect(await folder().find("debian-12")).toMatchObject({
      title: "debian-12",
      path: join(directory, "debian-12.img"),
    });
  });

  test("prefers qcow2 when a name has several files", async () => {
    expect((await folder().find("both"))?.path).toBe(join(directory, "both.qcow2"));
  });

  test("names the description that is none, rather than ignoring it", async () => {
    await expect(folder().find("wrong")).rejects.toMatchObject({ code: "image-description-invalid" });
  });

  test.each(["nothing", "../tiny", "..", "", "text", ".hidden", "folder", "tiny.qcow2", "a/b", "tiny\0"])(
    "finds nothing under %j",
    async (name) => {
      expect(await folder().find(name)).toBeUndefined();
    },
  );

  test("lists its names for suggestions", async () => {
    expect(await folder().names()).toEqual(["both", "debian-12", "tiny", "wrong"]);
  });

  test("that is not there has no images", async () => {
    expect(await folder("/nowhere").names()).toEqual([]);
    expect(await folder("/nowhere").find("tiny")).toBeUndefined();
  });

  test("gives an image's bytes in pieces", async () => {
    const big = join(directory, "big.raw");
    const content = new Uint8Array(2_500_000).map((_, index) => index % 255);
    writeFileSync(big, content);
    const read: Uint8Array[] = [];
    for await (const piece of folder().open(big, signal)) read.push(piece);
    rmSync(big);
    expect(Buffer.compare(Buffer.concat(read), content)).toBe(0);
    expect(read.length).toBe(3);
  });
});
