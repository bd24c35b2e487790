/** Who asked, in words. */
import { expect, test } from "bun:test";
import { actorWords } from "../../../src/gui/pure/actor.ts";

test("the way comes first, then what was recorded of the process", () => {
  const by = {
    kind: "user",
    id: "unix:0",
    name: "root",
    via: "unix",
    pid: 7,
    program: "/usr/bin/strata",
    directory: "/srv",
  };
  expect(actorWords(by)).toEqual(["on the command line", "/usr/bin/strata", "in /srv", "pid 7", "unix:0"]);
});

test("the daemon is itself, a way without words is named, and nothing is made up", () => {
  expect(actorWords({ id: "daemon", via: "internal" })).toEqual(["by the daemon itself"]);
  expect(actorWords({ via: "mcp", tty: undefined })).toEqual(["by mcp"]);
  expect(actorWords({})).toEqual([]);
});
