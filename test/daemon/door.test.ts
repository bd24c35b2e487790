/** Who may call: on the socket, and through the window, where the user who once asked for it is looked at again. */
import { expect, test } from "bun:test";
import type { Config } from "../../src/config.ts";
import { createDoor } from "../../src/daemon/door.ts";
import type { Asked, Dispatcher } from "../../src/daemon/dispatch.ts";
import type { Command } from "../../src/events/decide.ts";
import { systemIds } from "../../src/sys/ids.ts";

function bed() {
  const recorded: { command: Command; asked: Asked }[] = [];
  const dispatcher = {
    dispatch: async (command: Command, asked: Asked) => {
      recorded.push({ command, asked });
      return [];
    },
  } as unknown as Dispatcher;
  const config = { user: { uid: 1000, gid: 1000, name: "ada", home: "/" }, isSystem: false } as Config;
  return { door: createDoor({ config, dispatcher, ids: systemIds }), recorded };
}

const through = (uid: number) => ({
  actor: { kind: "user", id: `unix:${uid}`, name: "u", role: "admin", via: "gui", session: "5f0c2a91" } as const,
  account: { uid, gid: uid },
});

test.each([
  [1000, true],
  [0, true],
  [1001, false],
])("uid %d at the daemon of uid 1000, on the socket and through the window", async (uid, isLet) => {
  const { door, recorded } = bed();
  const onSocket = door.admit({ pid: process.pid, uid, gid: uid }, "instance.list", {});
  const results = await Promise.allSettled([onSocket, door.check(through(uid), "instance.list")]);
  expect(results.map(({ status }) => status === "fulfilled")).toEqual([isLet, isLet]);
  expect(recorded.map(({ asked }) => asked.by.via)).toEqual(isLet ? [] : ["unix", "gui"]);
});

test("a refusal through the window is recorded with its session", async () => {
  const { door, recorded } = bed();
  await expect(door.check(through(7), "instance.list")).rejects.toMatchObject({ code: "access-refused", exit: 4 });
  expect(recorded).toMatchObject([
    {
      command: { type: "note", event: { type: "access.refused", data: { call: "instance.list" } } },
      asked: { by: { session: "5f0c2a91" } },
    },
  ]);
});
