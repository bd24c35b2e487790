/** What is typed goes out as fast as it is taken, in order, and no more waits than may. */
import { expect, test } from "bun:test";
import { createSendQueue } from "../../../src/gui/pure/send-queue.ts";

test("nothing goes without credit, and all of it in order with it", () => {
  const sent: string[] = [];
  const queue = createSendQueue((piece) => sent.push(new TextDecoder().decode(piece)), { pieceMax: 3, waitingMax: 10 });
  const push = (text: string) => queue.push(new TextEncoder().encode(text));
  expect([push("abcde"), push("fgh")]).toEqual([true, true]);
  expect(sent).toEqual([]);
  queue.grant(4);
  expect(sent).toEqual(["abc", "d"]);
  expect(push("ijklmn")).toBe(true);
  expect(push("o")).toBe(false);
  queue.grant(100);
  expect(sent.join("")).toBe("abcdefghijklmn");
  expect(push("p")).toBe(true);
  expect(sent.at(-1)).toBe("p");
});
