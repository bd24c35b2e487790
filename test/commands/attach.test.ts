/** `strata attach` against an API that answers from a script; being at a terminal is tested on a real guest. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TerminalView } from "../../src/model/terminal.ts";
import { terminals } from "../render/samples-terminals.ts";
import { cli, type StandIn, startStandIn } from "./stand-in.ts";

let standIn: StandIn;
beforeAll(() => {
  standIn = startStandIn({
    "terminal.list": ({ instance }): TerminalView[] =>
      terminals.filter((each) => instance === undefined || each.instance.name === instance),
  });
});
afterAll(() => standIn.stop());

test("lists what is kept, of all instances, of one, and one of them", async () => {
  const rows = async (...words: string[]) =>
    (await cli(standIn, "attach", "--list", "-q", ...words)).stdout.trim().split("\n");
  expect(await rows()).toEqual(["web 1", "web 2", "database 1"]);
  expect(await rows("web")).toEqual(["web 1", "web 2"]);
  expect(await rows("web", "2")).toEqual(["web 2"]);
  expect((await cli(standIn, "attach", "--list", "nobody")).stderr).toContain("strata shell INSTANCE --keep");
});

test.each([
  ["the number of none", ["web", "7"], "no terminal 7 is kept [terminal-not-found]", "strata attach web 1"],
  ["one that has ended", ["database"], "the last one ended with lost: stop of the instance", "strata shell database"],
  ["an instance without any", ["nobody"], "no terminal is kept", "strata shell nobody --keep"],
])("%s is refused, with what to do", async (_, words, text, next) => {
  const { code, stderr } = await cli(standIn, "attach", ...words);
  expect([code, stderr]).toEqual([125, expect.stringContaining(text)]);
  expect(stderr).toContain(next);
});

test.each([[["attach", "web"]], [["shell", "web", "--keep"]]])(
  "%p without a terminal here is refused before anything is opened",
  async (words) => {
    const { code, stderr } = await cli(standIn, ...words);
    expect([code, stderr]).toEqual([125, expect.stringContaining("[terminal-needed]")]);
    expect(standIn.calls.map(({ name }) => name)).not.toContain("terminal.open");
  },
);
