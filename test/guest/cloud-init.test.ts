/** Waiting for cloud-init: what each version answers, and guests that restart meanwhile. Time is simulated. */
import { describe, expect, test } from "bun:test";
import { UserError } from "../../src/errors.ts";
import { waitForCloudInit } from "../../src/guest/cloud-init.ts";
import type { Ran } from "../../src/guest/run.ts";
import { createSimulatedClock } from "../simulation/clock.ts";

type Answer = Ran | Error;
const ran = (code: number, stdout: string, stderr = ""): Ran => ({ exit: { code }, stdout, stderr });
const json = (code: number, said: object) => ran(code, JSON.stringify(said, undefined, 2));
const lost: Ran = { exit: { lost: "the connection to the guest is lost" }, stdout: "", stderr: "" };
const unreachable = new UserError("guest-unreachable", "the guest does not answer over SSH");
const unknownOption = ran(2, "", "usage: cloud-init [-h]\ncloud-init: error: unrecognized arguments: --format json\n");
const done = json(0, { status: "done", errors: [], recoverable_errors: {} });

/** A guest that answers in turn; the last answer stays. */
async function wait(answers: readonly Answer[], reaches: readonly (Error | undefined)[] = []) {
  const clock = createSimulatedClock();
  const asked: string[] = [];
  const take = <Item>(items: readonly Item[], index: number) => items[Math.min(index, items.length - 1)];
  let runs = 0;
  let reached = 0;
  const guest = {
    async run(words: readonly string[]) {
      asked.push(words.join(" "));
      const answer = take(answers, runs++);
      if (answer instanceof Error || answer === undefined) throw answer;
      return answer;
    },
    async reach() {
      const failure = take(reaches, reached++);
      if (failure) throw failure;
    },
  };
  let isOver = false;
  const waiting = waitForCloudInit(guest, clock, new AbortController().signal).finally(() => (isOver = true));
  waiting.catch(() => {});
  for (let turn = 0; turn < 2_000 && !isOver; turn++) {
    await undefined;
    if (turn % 20 === 19) clock.step();
  }
  return { report: await waiting, asked, reached };
}

describe("the answer", () => {
  test.each([
    ["done (22.4)", json(0, { status: "done", errors: [], schemas: {} }), { status: "done", messages: [] }],
    [
      "errors (22.4)",
      json(1, { status: "error", detail: "a\nb", errors: ["a", "b"] }),
      { status: "error", messages: ["a", "b"] },
    ],
    [
      "done with warnings (since 23.4)",
      json(2, {
        status: "done",
        extended_status: "degraded done",
        errors: [],
        recoverable_errors: { WARNING: ["w"], DEPRECATED: ["d"] },
      }),
      { status: "degraded", messages: ["w", "d"] },
    ],
    [
      "its file at the end (22.4)",
      json(0, { v1: { stage: null, datasource: "x", init: { errors: [] }, "modules-final": { errors: ["a"] } } }),
      { status: "error", messages: ["a"] },
    ],
    [
      "its file at the end (since 23.4)",
      json(0, {
        v1: { stage: null, init: { errors: [], recoverable_errors: { WARNING: ["w"] } }, "modules-final": {} },
      }),
      { status: "degraded", messages: ["w"] },
    ],
    ["its file with nothing amiss", json(0, { v1: { init: { errors: [] } } }), { status: "done", messages: [] }],
    ["disabled", json(0, { status: "disabled", errors: [] }), { status: "disabled", messages: [] }],
    ["a guest without it", ran(127, "", "sh: 1: cloud-init: not found"), { status: "none", messages: [] }],
  ] as const)("%s", async (_what, answer, report) => expect((await wait([answer])).report).toEqual(report as never));

  test("of a version without --format is asked again in its own way", async () => {
    const long = ran(1, "....\nstatus: error\ntime: x\ndetail:\n('modules', RuntimeError('no'))\n");
    const { report, asked } = await wait([unknownOption, long]);
    expect(report).toEqual({ status: "error", messages: ["('modules', RuntimeError('no'))"] });
    expect(asked).toEqual([expect.stringMatching(/^sh -c /), "cloud-init status --wait --long"]);
  });

  test("is short and harmless however long and wild it is", async () => {
    const errors = [`a\u001b[2J\u202eb\n${"x".repeat(5_000)}`, "2", "3", "4"];
    const { report } = await wait([json(1, { status: "error", errors })]);
    expect(report.messages).toHaveLength(3);
    expect(report.messages[0]).toStartWith("a [2J b xxx");
    expect(report.messages[0]?.length).toBeLessThanOrEqual(301);
  });
});

test("an error's line ends, which Python writes out, are read as such", async () => {
  const { report } = await wait([json(1, { status: "error", errors: ['Error("one\\nExit code: 100\\n")'] })]);
  expect(report.messages).toEqual(['Error("one Exit code: 100 ")']);
});

describe("the waiting", () => {
  test("goes on while it runs", async () =>
    expect(
      (await wait([json(0, { status: "running", errors: [] }), json(0, { status: "not run" }), done])).asked,
    ).toHaveLength(3));

  test.each([
    ["the connection breaks", lost],
    ["the guest cannot be reached", unreachable],
    ["the guest kills the command", { exit: { signal: "TERM" }, stdout: "", stderr: "" }],
  ] as const)("reaches the guest again when %s", async (_what, broken) => {
    const { report, reached } = await wait([broken, done]);
    expect(report.status).toBe("done");
    expect(reached).toBe(1);
  });

  test("outlasts a guest that is away for a while", async () =>
    expect((await wait([lost, done], [unreachable, unreachable, undefined])).reached).toBe(3));

  test("ends with an error that waiting does not cure", () =>
    expect(wait([new UserError("host-key-mismatch", "another key")])).rejects.toMatchObject({
      code: "host-key-mismatch",
    }));

  test("ends when the answers keep meaning nothing", () =>
    expect(wait([ran(1, "", "Traceback: broken python")])).rejects.toMatchObject({
      code: "cloud-init-unclear",
      message: '"cloud-init status" ends with 1: Traceback: broken python',
    }));

  test("ends with its signal", () => {
    const controller = new AbortController();
    const guest = { run: () => Promise.resolve(json(0, { status: "running" })), reach: async () => {} };
    const waiting = waitForCloudInit(guest, createSimulatedClock(), controller.signal);
    controller.abort("timeout");
    return expect(waiting).rejects.toBe("timeout");
  });
});
