/** Classic mounts, with guest and helper played by the test: what each end means, and that none is left behind. */
import { expect, test } from "bun:test";
import { UserError } from "../../../src/errors.ts";
import { inMountTable } from "../../../src/guest/mount-scripts.ts";
import { mountOf } from "./bed.ts";
import { createClassicBed, mounts } from "./classic-bed.ts";

const never = new AbortController().signal;
const src = mountOf("/srv/src", {
  uids: [
    [1000, -1],
    [0, 5],
  ],
  gids: [[1000, -1]],
});
const turn = () => Bun.sleep(0);
const errorOf = (work: Promise<unknown>): Promise<UserError> =>
  work.then(
    () => Promise.reject(new Error("it went well")),
    (error: unknown) => error as UserError,
  );

test("a folder that cannot be served is told before the guest is asked for anything", async () => {
  for (const [exitCode, code] of [
    [3, "mount-source-missing"],
    [4, "mount-source-unreadable"],
    [70, "mount-failed"],
  ] as const) {
    const bed = createClassicBed({ check: { exitCode, stderr: "a reason\n" } });
    expect((await errorOf(bed.way.open(bed.state, src, never))).code).toBe(code);
    expect(bed.sessions).toEqual([]);
  }
});

test("the helper gets the caller's account and the guest's own ids, and bytes go both ways from the first on", async () => {
  const bed = createClassicBed();
  bed.answering(mounts);
  await bed.way.open(bed.state, src, never);
  const [helper] = bed.helpers;
  expect(helper?.words.slice(0, 3)).toEqual(["strata", "helper", "serve-mount"]);
  expect(JSON.parse(helper?.words[3] ?? "")).toEqual({
    source: src.source,
    readOnly: false,
    as: { uid: 1000, gid: 1000, groups: expect.arrayContaining([1000]) },
    uids: [
      [1000, 1001],
      [0, 5],
    ],
    gids: [[1000, 1002]],
  });
  helper?.output.push("VERSION");
  await turn();
  expect(helper?.taken).toBe("INIT");
  const script = bed.sessions[0]?.written ?? "";
  expect(script).toEndWith("VERSION");
  expect(bed.sessions[0]?.words).toContain(String(script.length - "VERSION".length));
});

test("a daemon of a user's own serves as that user", async () => {
  const bed = createClassicBed({ uid: 1000 });
  bed.answering(mounts);
  await bed.way.open(bed.state, src, never);
  expect(JSON.parse(bed.helpers[0]?.words[3] ?? "")).not.toHaveProperty("as");
});

test.each([
  ["strata-fault: mount-unsupported no sshfs\n", "mount-unsupported", "no sshfs"],
  ["strata-fault: mount-failed /srv cannot be made\n", "mount-failed", "/srv cannot be made"],
  ["strata-fault: storage-full made up by the guest\n", "mount-failed", "storage-full made up by the guest"],
  ["sudo: a password is required\n", "mount-failed", "the guest: sudo: a password is required"],
  ["", "mount-failed", "the guest ended the mount: exit code 1"],
])("a guest that says %j", async (said, code, message) => {
  const bed = createClassicBed();
  bed.answering((session) => {
    session.stderr.push(said);
    session.end({ code: 1 });
  });
  const error = await errorOf(bed.way.open(bed.state, src, never));
  expect([error.code, error.message]).toEqual([code, message]);
  expect(bed.sessions[0]?.isClosed).toBe(true);
});

test("sshfs that fails after the ids takes the helper along", async () => {
  const bed = createClassicBed();
  bed.answering((session) => {
    session.stdout.push("strata-ids 1 1\n");
    session.stderr.push("fuse: device not found\n");
    void turn().then(() => session.end({ code: 1 }));
  });
  const error = await errorOf(bed.way.open(bed.state, src, never));
  expect(error.message).toBe("the guest: fuse: device not found");
  expect(bed.helpers[0]?.isKilled).toBe(true);
});

test("a guest that does not mount is given up after a minute; one that installs sshfs gets five more", async () => {
  for (const [note, ms] of [
    ["", 60_000],
    ["strata-note: installing it\n", 300_000],
  ] as const) {
    const bed = createClassicBed();
    const said: string[] = [];
    bed.answering(({ stdout, stderr }) => {
      stdout.push("strata-ids 1 1\n");
      stderr.push(note);
    });
    const failing = errorOf(bed.way.open(bed.state, src, never, (text) => said.push(text)));
    await turn();
    expect(bed.clock.step()).toBe(true);
    expect((await failing).code).toBe("mount-failed");
    expect(bed.clock.elapsedMs()).toBe(ms);
    expect([bed.sessions[0]?.isClosed, bed.helpers[0]?.isKilled]).toEqual([true, true]);
    expect(said).toEqual(note === "" ? [] : ["installing it"]);
  }
});

test("a folder that goes ends the mount with that reason, and lets go of the guest", async () => {
  const bed = createClassicBed();
  bed.answering(mounts);
  const open = await bed.way.open(bed.state, src, never);
  bed.helpers[0]?.end(3, "gone\n");
  expect(await open.ended).toContain("is not there any more");
  expect(bed.sessions[0]?.isClosed).toBe(true);
});

test("a guest that goes ends the mount, and the helper with it", async () => {
  const bed = createClassicBed();
  bed.answering(mounts);
  const open = await bed.way.open(bed.state, src, never);
  bed.sessions[0]?.end({ lost: "the connection broke" });
  expect(await open.ended).toBe("sshfs in the guest ended: the connection broke");
  expect(bed.helpers[0]?.isKilled).toBe(true);
});

test("who uses a mount is named, once each, and the mount stays", async () => {
  const bed = createClassicBed();
  bed.answering(mounts);
  const open = await bed.way.open(bed.state, src, never);
  bed.answering((session) => {
    session.stdout.push("12 sh\n13 sleep\n12 sh\n");
    session.end({ code: 16 });
  });
  const error = await errorOf(open.close({ force: false, signal: never }));
  expect([error.code, error.message]).toEqual(["mount-busy", '/srv/src is in use in "web" by sh (12), sleep (13)']);
  expect(bed.helpers[0]?.isKilled).toBe(false);
});

test("closing asks the guest, unless its signal is over already", async () => {
  const bed = createClassicBed();
  bed.answering(mounts);
  const open = await bed.way.open(bed.state, src, never);
  bed.answering((session) => {
    bed.sessions[0]?.end({ code: 0 });
    session.end({ code: 0 });
  });
  await open.close({ force: true, signal: never });
  expect(bed.sessions[1]?.words.slice(-3)).toEqual(["/srv/src", "yes", "/srv/src"]);
  expect(bed.sessions[1]?.written).toContain("umount");
  const other = createClassicBed();
  other.answering(mounts);
  const again = await other.way.open(other.state, src, never);
  await again.close({ force: true, signal: AbortSignal.abort() });
  expect([other.sessions.length, other.sessions[0]?.isClosed, other.helpers[0]?.isKilled]).toEqual([1, true, true]);
});

test("a path as the mount table has it", () => {
  expect(inMountTable("/a b\tc\nd\\e'ü#")).toBe("/a\\040b\\011c\\012d\\134e'ü#");
});
