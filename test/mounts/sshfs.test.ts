/** What a mount does as programs see it: the kernel of this machine, the distribution's sshfs, and the helper behind it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { createPlace } from "./place.ts";
import { canMount, helperCommand, mountBySshfs, type Mounted } from "./sshfs.ts";

const patienceMs = 120_000;
const manyFiles = 100_000;
const lookMs = 50;

describe.skipIf(!canMount)("a mount of the whole", () => {
  const place = createPlace();
  const host = (name: string | Buffer) =>
    typeof name === "string" ? join(place.source, name) : Buffer.concat([Buffer.from(`${place.source}/`), name]);
  let mounted: Mounted;
  const guest = (name: string | Buffer) =>
    typeof name === "string" ? join(mounted.path, name) : Buffer.concat([Buffer.from(`${mounted.path}/`), name]);
  beforeAll(async () => {
    mounted = await mountBySshfs(helperCommand({ source: place.source }));
  });
  afterAll(async () => {
    await mounted.close();
    place.remove();
  });

  test("what is written there is here, with the mode that was asked for", () => {
    writeFileSync(guest("written"), "from the guest", { mode: 0o640 });
    expect(readFileSync(host("written"), "utf8")).toBe("from the guest");
    expect(lstatSync(host("written")).mode & 0o7777).toBe(0o640);
    writeFileSync(host("other"), "from the host");
    expect(readFileSync(guest("other"), "utf8")).toBe("from the host");
  });

  test("a rename takes the place of what is there", () => {
    writeFileSync(guest("new"), "new");
    writeFileSync(guest("old"), "old");
    renameSync(guest("new"), guest("old"));
    expect(readFileSync(host("old"), "utf8")).toBe("new");
    expect(existsSync(host("new"))).toBe(false);
  });

  test("appending goes to the end, also behind what the host appended", () => {
    writeFileSync(guest("log"), "one\n");
    const log = openSync(guest("log"), "a");
    appendFileSync(host("log"), "two\n");
    writeSync(log, "three\n");
    closeSync(log);
    expect(readFileSync(host("log"), "utf8")).toBe("one\ntwo\nthree\n");
  });

  test("a file is cut and extended, by name and open", () => {
    writeFileSync(guest("size"), "0123456789");
    truncateSync(guest("size"), 4);
    expect(readFileSync(host("size"), "utf8")).toBe("0123");
    const open = openSync(guest("size"), "r+");
    ftruncateSync(open, 6);
    closeSync(open);
    expect(readFileSync(host("size"))).toEqual(Buffer.from("0123\0\0"));
    writeFileSync(guest("size"), "");
    expect(statSync(host("size")).size).toBe(0);
  });

  test("an exclusive create fails where there is something", () => {
    writeFileSync(guest("exclusive"), "x", { flag: "wx" });
    expect(() => writeFileSync(guest("exclusive"), "y", { flag: "wx" })).toThrow("EEXIST");
  });

  test.each([0o000, 0o444, 0o777, 0o4755, 0o2750, 0o1777])("the mode %o is kept", (mode) => {
    writeFileSync(guest("mode"), "");
    chmodSync(guest("mode"), mode);
    expect(lstatSync(host("mode")).mode & 0o7777).toBe(mode);
    expect(lstatSync(guest("mode")).mode & 0o7777).toBe(mode);
    unlinkSync(guest("mode"));
  });

  test("times are kept to the second", () => {
    writeFileSync(guest("times"), "");
    utimesSync(guest("times"), 1_000_000_000, 1_100_000_000);
    const { atimeMs, mtimeMs } = statSync(host("times"));
    expect([atimeMs, mtimeMs]).toEqual([1_000_000_000_000, 1_100_000_000_000]);
  });

  test("links are what they say, and what they say is the guest's to follow", () => {
    writeFileSync(guest("target"), "target");
    symlinkSync("target", guest("link"));
    symlinkSync("/nowhere/at/all", guest("absolute"));
    expect([readlinkSync(host("link")), readlinkSync(host("absolute"))]).toEqual(["target", "/nowhere/at/all"]);
    expect(readFileSync(guest("link"), "utf8")).toBe("target");
    linkSync(guest("target"), guest("hard"));
    expect(lstatSync(host("hard")).ino).toBe(lstatSync(host("target")).ino);
    unlinkSync(guest("target"));
    expect(readFileSync(guest("hard"), "utf8")).toBe("target");
  });

  test("a sparse file stays sparse, and holds what lies beyond 4 GiB", () => {
    const file = openSync(guest("sparse"), "w+");
    const far = 5 * 2 ** 30 + 7;
    writeSync(file, "near", 0);
    writeSync(file, "far", far);
    const read = Buffer.alloc(3);
    readSync(file, read, 0, 3, far);
    closeSync(file);
    expect(read.toString()).toBe("far");
    const { size, blocks } = statSync(host("sparse"));
    expect([size, blocks * 512 < 2 ** 20]).toEqual([far + 3, true]);
    expect(statSync(guest("sparse")).size).toBe(far + 3);
    unlinkSync(guest("sparse"));
  });

  test.each([
    ["spaces", Buffer.from("a name  with spaces ")],
    ["letters of the world", Buffer.from("Ä-日本語-🐧")],
    ["no letters at all", Buffer.from([0x66, 0xff, 0xfe, 0x80, 0x6f])],
    ["a newline and a quote", Buffer.from("a\n'\"\\b")],
    ["dots", Buffer.from("...")],
    ["as many bytes as may be", Buffer.alloc(255, 0x61)],
  ])("a name of %s is the same on both sides", (_, name) => {
    writeFileSync(guest(name), "named");
    expect(readFileSync(host(name), "utf8")).toBe("named");
    const names = (path: string) => readdirSync(path, "buffer").map((found) => found.toString("hex"));
    expect(names(mounted.path)).toContain(name.toString("hex"));
    unlinkSync(guest(name));
    expect(existsSync(host(name))).toBe(false);
  });

  test("folders are made, and removed when they are empty", () => {
    mkdirSync(guest("folder/in/folder"), { recursive: true });
    writeFileSync(guest("folder/in/file"), "");
    expect(() => rmdirSync(guest("folder/in"))).toThrow();
    renameSync(guest("folder/in"), guest("moved"));
    expect(readdirSync(host("moved")).sort()).toEqual(["file", "folder"]);
  });

  test("free space is told", async () => {
    const out = await mounted.shell("stat -f -c '%b %S %l' .");
    const own = Bun.spawnSync(["stat", "-f", "-c", "%b %S %l", place.source]).stdout.toString();
    expect(out).toBe(own);
  });

  test(
    "100,000 entries of a folder are all listed",
    async () => {
      mkdirSync(host("many"));
      for (let number = 0; number < manyFiles; number++) writeFileSync(host(`many/entry-${number}`), "");
      expect((await mounted.shell("ls -U many | wc -l")).trim()).toBe(String(manyFiles));
      expect(new Set(readdirSync(guest("many"))).size).toBe(manyFiles);
      Bun.spawnSync(["rm", "-rf", join(place.source, "many")]);
    },
    patienceMs,
  );

  test(
    "git makes, commits and clones a repository there",
    async () => {
      const git = "git -c user.name=n -c user.email=e -c init.defaultBranch=main";
      await mounted.shell(
        `mkdir repository && cd repository && ${git} init -q && cp -r /etc/default files && ln -s files link
        && ${git} add . && ${git} commit -qm first && ${git} clone -q --no-hardlinks . ../clone && cd ../clone && ${git} fsck --full && diff -r files /etc/default
        && test -z "$(${git} status --porcelain)"`.replaceAll("\n", " "),
      );
      expect(readdirSync(host("clone")).sort()).toEqual([".git", "files", "link"]);
    },
    patienceMs,
  );

  test(
    "npm builds a package there, and installs it",
    async () => {
      const manifest = { name: "built", version: "1.0.0", bin: "main.js", scripts: { prepack: "cp -r source/. ." } };
      mkdirSync(host("package/source"), { recursive: true });
      writeFileSync(host("package/package.json"), JSON.stringify(manifest));
      writeFileSync(host("package/source/main.js"), "#!/usr/bin/env node\nconsole.log(require('./part-7'))\n");
      for (let part = 0; part < 100; part++)
        writeFileSync(host(`package/source/part-${part}.js`), `module.exports = ${part};\n`);
      const npm = "npm --offline --no-audit --no-fund --cache ../cache";
      const out = await mounted.shell(
        `cd package && ${npm} pack >/dev/null && mkdir ../user && cd ../user && ${npm} init -y >/dev/null
        && ${npm} install ../package/built-1.0.0.tgz >/dev/null && node_modules/.bin/built`.replaceAll("\n", " "),
        patienceMs,
      );
      expect(out).toBe("7\n");
      expect(readdirSync(host("user/node_modules/built")).length).toBeGreaterThan(100);
    },
    patienceMs,
  );

  test("what the host changes in a file that was read before is seen soon", async () => {
    writeFileSync(host("shared"), "before");
    expect(readFileSync(guest("shared"), "utf8")).toBe("before");
    writeFileSync(host("shared"), "and after");
    while (readFileSync(guest("shared"), "utf8") !== "and after") await Bun.sleep(lookMs);
    unlinkSync(host("shared"));
    while (existsSync(guest("shared"))) await Bun.sleep(lookMs);
  });

  test("a file that is removed while it is open is read to its end", async () => {
    writeFileSync(guest("open"), "still here");
    const file = openSync(guest("open"), "r");
    unlinkSync(guest("open"));
    const read = Buffer.alloc(10);
    readSync(file, read, 0, 10, 0);
    closeSync(file);
    expect(read.toString()).toBe("still here");
  });
});
