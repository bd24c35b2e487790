/** Errors survive the wire; bugs and junk do not leak through it. */
import { expect, test } from "bun:test";
import { fromWire, httpStatus, toWire } from "../../src/api/wire.ts";
import { UserError, exitCodes } from "../../src/errors.ts";

test("an expected failure arrives as it left", () => {
  const error = new UserError("held", "it is held", {
    exit: exitCodes.refused,
    hints: [["next", "strata release web"]],
  });
  const arrived = fromWire(JSON.parse(JSON.stringify(toWire(error))));
  expect(arrived).toMatchObject({
    code: "held",
    message: "it is held",
    exit: 4,
    hints: [["next", "strata release web"]],
  });
});

test("a bug arrives without its message or stack", () => {
  expect(JSON.stringify(toWire(new Error("password=1")))).not.toContain("password");
});

test("at most three hints travel", () => {
  const hints = Array.from({ length: 5 }, (_, index) => ["next", String(index)] as const);
  expect(toWire(new UserError("a", "b", { hints })).error.hints).toHaveLength(3);
});

test("junk holds no error", () => {
  const junk = [null, 1, "x", [], {}, { error: null }, { error: {} }, { error: { code: 1, message: "m" } }];
  expect(junk.map(fromWire)).toEqual(junk.map(() => undefined));
});

test("odd parts fall back instead of failing", () => {
  expect(fromWire({ error: { code: "a", message: "b", hints: "x", exit: 77 } })).toMatchObject({ exit: 2, hints: [] });
});

test("statuses are for people with curl", () => {
  const status = (code: string, exit: 1 | 2 | 4 | 5 | 6) => httpStatus(new UserError(code, "", { exit }));
  expect([
    status("instance-not-found", 2),
    status("size-invalid", 1),
    status("held", 4),
    status("a", 5),
    status("b", 6),
    status("c", 2),
    httpStatus(new Error()),
  ]).toEqual([404, 400, 403, 504, 503, 409, 500]);
});
