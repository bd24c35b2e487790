/** --at against a stand-in: what is asked for, and that the answer says of when it is. */
import { afterEach, expect, test } from "bun:test";
import { exitCodes, UserError } from "../../src/errors.ts";
import { cli, instance, startStandIn } from "./stand-in.ts";
import type { StandIn } from "./stand-in.ts";

let standIn: StandIn | undefined;
afterEach(() => {
  standIn?.stop();
  standIn = undefined;
});

const asOf = { time: "2025-11-20T14:05:09.000Z", position: 40, operation: 7 };
const told = "as of 2025-11-20 (after operation 7)\n";
const setting = { key: "images.default", value: "noble", default: "lts", about: "the image" };

function given(instances = [instance("web")]): void {
  standIn = startStandIn({
    "past.instances": () => ({ asOf, instances }),
    "past.images": () => ({ asOf, images: [] }),
    "past.points": () => ({ asOf, points: [{ instance: { id: "i-1", name: "web" }, points: [] }] }),
    "past.settings": () => ({ asOf, settings: [setting] }),
  });
}

test.each([
  [["list", "--at", "7"], { at: { operation: 7 } }],
  [["list", "--at", "2025-11-20T14:05Z"], { at: { time: "2025-11-20T14:05:00.000Z" } }],
  [["info", "--at", "7"], { at: { operation: 7 } }],
  [["info", "web", "--at", "7"], { at: { operation: 7 }, instances: ["web"] }],
])("%j asks for it", async (argv, input) => {
  given();
  const { code, stdout, stderr } = await cli(standIn, ...argv);
  expect([code, stderr]).toEqual([0, told]);
  expect(stdout).toContain("web");
  expect(standIn?.calls).toEqual([{ name: "past.instances", input }]);
});

test("images are asked for as they were, and only they are: nothing of then is removed", async () => {
  given();
  expect(await cli(standIn, "images", "--at", "7")).toMatchObject({ code: 0, stderr: told });
  expect((await cli(standIn, "images", "--at", "7", "--json")).stdout).toContain('"operation": 7');
  const input = { at: { operation: 7 } };
  expect(standIn?.calls).toEqual([
    { name: "past.images", input },
    { name: "past.images", input },
  ]);
  const refused = await cli(standIn, "images", "prune", "--at", "7");
  expect([refused.code, refused.stderr]).toEqual([exitCodes.usage, expect.stringContaining("takes no --at")]);
});

test("the tree of points is asked for as it was, and lines of history are never others", async () => {
  given();
  expect(await cli(standIn, "history", "web", "--tree", "--at", "7")).toMatchObject({ code: 0, stderr: told });
  expect(standIn?.calls).toEqual([{ name: "past.points", input: { at: { operation: 7 }, instance: "web" } }]);
  const refused = await cli(standIn, "history", "--at", "7");
  expect([refused.code, refused.stderr]).toEqual([exitCodes.usage, expect.stringContaining("--at is for --tree")]);
});

test("an age counts from now, by the clock of whoever asks", async () => {
  given();
  const before = Date.now() - 7_200_000;
  await cli(standIn, "list", "--at", "2h");
  const at = standIn?.calls[0]?.input["at"] as { time: string } | undefined;
  expect(Date.parse(at?.time ?? "")).toBeWithin(before, Date.now() - 7_200_000 + 1);
});

test.each(["list", "info", "get", "get images.default"])("as JSON, %s has the moment in a field", async (line) => {
  const argv = line.split(" ");
  given();
  const { stdout, stderr } = await cli(standIn, ...argv, "--at", "7", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ schema: 1, asOf });
  expect(stderr).toBe(told);
});

test("get shows a setting of then", async () => {
  given();
  const { stdout } = await cli(standIn, "get", "images.default", "--at", "7");
  expect(stdout).toBe("noble\n");
});

test("what a client keeps for itself is recorded nowhere", async () => {
  given();
  const { code, stderr } = await cli(standIn, "get", "client.primary-name", "--at", "7");
  expect([code, standIn?.calls]).toEqual([1, []]);
  expect(stderr).toContain("[setting-not-recorded]\n  next          strata get client.primary-name\n");
});

test("nothing then is said, and nothing is suggested for now", async () => {
  given([]);
  expect(await cli(standIn, "list", "--at", "7")).toEqual({
    code: 0,
    stdout: "",
    stderr: `${told}No instances then.\n`,
  });
});

test("a time before the log is the daemon's to tell", async () => {
  standIn = startStandIn({
    "past.instances": () => {
      throw new UserError("before-beginning", "nothing was recorded yet");
    },
  });
  expect(await cli(standIn, "list", "--at", "9999d")).toMatchObject({
    code: 2,
    stderr: "error: nothing was recorded yet [before-beginning]\n",
  });
});

test.each(["yesterday", "good", "-1"])("%s is no point", async (point) => {
  given();
  const { code, stderr } = await cli(standIn, "list", `--at=${point}`);
  expect([code, standIn?.calls]).toEqual([1, []]);
  expect(stderr).toContain("[point-invalid]");
});
