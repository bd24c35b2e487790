/** Small texts from files, pipes and web addresses. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTextSource } from "../../src/sys/text-source.ts";

let directory = "";
let server: Bun.Server<undefined>;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "strata-text-"));
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) => {
      const { pathname } = new URL(url);
      if (pathname === "/moved") return Response.redirect("/web.yaml");
      if (pathname === "/endless") return new Response(endless());
      return pathname === "/web.yaml" ? new Response("hello") : new Response("no", { status: 404 });
    },
  });
});
afterAll(() => {
  void server.stop(true);
  rmSync(directory, { recursive: true, force: true });
});

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(65_536).fill(120);
}
const address = (path: string) => `http://user:pass@127.0.0.1:${server.port}${path}`;

describe("a text", () => {
  test("of a file", async () => {
    const path = join(directory, "a.yaml");
    writeFileSync(path, "é");
    expect(await readTextSource(path)).toEqual({ text: "é", what: `file ${path}` });
  });
  test("of a pipe", async () => {
    const path = join(directory, "pipe");
    Bun.spawnSync(["mkfifo", path]);
    const writer = Bun.spawn(["sh", "-c", `echo piped >${path}`]);
    expect((await readTextSource(path)).text).toBe("piped\n");
    await writer.exited;
  });
  test.each(["/web.yaml?token=1", "/moved"])("of a web address: %s", async (path) =>
    expect(await readTextSource(address(path))).toEqual({
      text: "hello",
      what: `text from http://127.0.0.1:${server.port}${path.replace(/\?.*/, "")}`,
    }),
  );
});

describe("an error says why, without a password of the address", () => {
  test.each([
    ["a missing file", () => join(directory, "none"), "it does not exist"],
    ["a directory", () => directory, "it is a directory"],
    ["a device", () => "/dev/zero", "it is no file"],
    ["bytes that are no text", () => binaryFile(), "it is not UTF-8 text"],
    ["a refusal of the server", () => address("/none"), "the server answers 404"],
    ["a text without end", () => address("/endless"), "it has more than 1M"],
    ["nobody there", () => "http://u:pass@127.0.0.1:1/x", "nobody answers at that address"],
  ])("%s", async (_what, source, why) => {
    const error = await readTextSource(source()).catch((failure: Error) => failure);
    expect(error).toMatchObject({ code: "text-unreadable" });
    const { message } = error as Error;
    expect(message).toContain(why);
    expect(message).not.toContain("pass");
  });
});

function binaryFile(): string {
  const path = join(directory, "binary");
  writeFileSync(path, new Uint8Array([0xff, 0xfe, 0x00]));
  return path;
}
