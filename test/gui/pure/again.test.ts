/** A change that is sent again after its answer was lost. */
import { expect, test } from "bun:test";
import { goneCode } from "../../../src/gui/api/faults.ts";
import { createAgain } from "../../../src/gui/store/again.ts";
import { UserError } from "../../../src/errors.ts";

function bed() {
  let made = 0;
  const sent: string[] = [];
  const again = createAgain({ newCommand: () => `c${++made}` });
  /** `code`: of the error that comes instead of an answer. */
  const send = (request: unknown, code?: string) =>
    again(request, async (command) => {
      sent.push(command);
      if (code !== undefined) throw new UserError(code, "no");
    }).catch(() => undefined);
  return { sent, send };
}

test("the same text has the command of before, for as long as no answer came", async () => {
  const { sent, send } = bed();
  await send({ name: "web" }, goneCode);
  await send({ name: "web" }, goneCode);
  await send({ name: "web" });
  await send({ name: "web" });
  expect(sent).toEqual(["c1", "c1", "c1", "c2"]);
});

test("another text, and what was refused, is a change of its own", async () => {
  const { sent, send } = bed();
  await send({ name: "web" }, goneCode);
  await send({ name: "db" }, "instance-exists");
  await send({ name: "db" });
  expect(sent).toEqual(["c1", "c2", "c3"]);
});
