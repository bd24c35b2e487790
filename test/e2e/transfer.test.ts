/** Files between here and real guests, through the compiled binary: rights, times, odd names, streams, guest to guest, Ctrl-C. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

const manyBytes = 3e9;
const here = (...parts: string[]) => join(home.directory, "files", ...parts);
const inside = (script: string, name = "web") => home.ok("exec", name, "--", "sh", "-c", script);
beforeAll(() => void mkdirSync(here("back"), { recursive: true }));

test(
  "a file goes in and comes back, with its rights and its time, and nothing is left beside it",
  async () => {
    const content = crypto.getRandomValues(new Uint8Array(1_000_003));
    writeFileSync(here("file"), content);
    chmodSync(here("file"), 0o640);
    utimesSync(here("file"), 1_577_934_245, 1_577_934_245);
    const ran = await home.run(["transfer", here("file"), "web:"]);
    expect(ran).toMatchObject({ code: 0, stdout: "" });
    expect(ran.stderr).toMatch(/^Transferred: 1 file to web:\/home\/\w+\/file {3}976\.6K {3}/);
    expect(await inside("stat -c '%a %Y %s' file; ls -A | grep -c partial || true")).toBe(
      "640 1577934245 1000003\n0\n",
    );
    expect(JSON.parse(await home.ok("transfer", "--json", "web:file", here("back")))).toMatchObject({
      target: here("back/file"),
      files: 1,
      bytes: 1_000_003,
      faults: 0,
    });
    const { mode, mtimeMs } = statSync(here("back/file"));
    expect([mode & 0o7777, mtimeMs]).toEqual([0o640, 1_577_934_245_000]);
    expect(readFileSync(here("back/file")).equals(content)).toBe(true);
    expect(readdirSync(here("back"))).toEqual(["file"]);
  },
  guestMs,
);

test(
  "a folder with links and odd names goes in and comes back the same",
  async () => {
    mkdirSync(here("tree/in ner"), { recursive: true });
    chmodSync(here("tree/in ner"), 0o3775);
    const names = ["-rf", "a'b", "new\nline", "$(x)", "ü"];
    for (const name of names) writeFileSync(here("tree/in ner", name), name);
    symlinkSync("in ner/-rf", here("tree/link"));
    symlinkSync("/etc/shadow", here("tree/out"));
    await home.ok("transfer", "-r", here("tree"), "web:");
    expect(await inside("readlink tree/out; find tree -type f | wc -l; stat -c %a 'tree/in ner'")).toBe(
      "/etc/shadow\n6\n3775\n",
    );
    await home.ok("transfer", "--recursive", "--parents", "web:tree", here("new/copy"));
    expect(readdirSync(here("new/copy/in ner")).sort()).toEqual(names.toSorted());
    for (const name of names) expect(readFileSync(here("new/copy/in ner", name), "utf8")).toBe(name);
    expect(statSync(here("new/copy/in ner")).mode & 0o7777).toBe(0o3775);
    expect(readlinkSync(here("new/copy/link"))).toBe("in ner/-rf");
    expect(lstatSync(here("new/copy/out")).isSymbolicLink()).toBe(true);
  },
  guestMs,
);

test(
  "standard input becomes a file, and a file standard output; the log has the program's name alone",
  async () => {
    expect((await home.run(["transfer", "-", "web:said"], { stdin: "hello\n" })).code).toBe(0);
    expect(await home.run(["transfer", "web:said", "-"])).toMatchObject({ code: 0, stdout: "hello\n", stderr: "" });
    const events = (await home.ok("events")).trim().split("\n");
    const sessions = events.map((line) => JSON.parse(line)).filter(({ data }) => data.program === "sftp");
    expect(sessions.at(-1).data).toEqual({
      session: expect.any(String),
      kind: "exec",
      program: "sftp",
      arguments: 0,
      terminal: false,
    });
    expect(events.join()).not.toContain("said");
  },
  guestMs,
);

test(
  "what cannot be read is refused in one line, and nothing is made here",
  async () => {
    await inside("echo secret > secret; chmod 000 secret; sudo chown root secret");
    const ran = await home.run(["transfer", "web:secret", here("secret")]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("Permission denied; nothing was written [file-not-copied]");
    expect(readdirSync(here())).not.toContain("secret");
    expect((await home.run(["transfer", "web:nope", "."])).stderr).toContain("[path-not-found]");
  },
  guestMs,
);

test(
  "Ctrl-C at half: exit code 130, and nothing is left, there and here",
  async () => {
    // Nothing but a size, and more than anybody can send before it is cut off.
    writeFileSync(here("large"), "");
    truncateSync(here("large"), manyBytes);
    const child = home.start(["transfer", here("large"), "web:"]);
    await until("it is under way", async () => /[1-9]\d{5,} /.test(await inside("ls -lA | grep partial || true")));
    child.kill("SIGINT");
    expect(await new Response(child.stderr).text()).toContain("cancelled: transfer; nothing was written [cancelled]");
    expect(await child.exited).toBe(130);
    expect(await inside("ls -A")).not.toMatch(/large|partial/);
  },
  guestMs,
);

test(
  "from guest to guest, and to one that is off",
  async () => {
    await home.ok("launch", "tiny", "--name", "db", "--memory", "256M");
    await inside("echo over > over");
    await home.ok("transfer", "web:over", "db:there");
    expect(await inside("cat there", "db")).toBe("over\n");
    await home.ok("stop", "--force", "db");
    const ran = await home.run(["transfer", "web:over", "db:"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("[instance-not-running]");
    expect(ran.stderr).toContain("strata start db");
  },
  guestMs,
);
