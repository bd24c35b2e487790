/** Work under way on a terminal and elsewhere; time is simulated. */
import { expect, test } from "bun:test";
import type { Progress, Step } from "../../src/model/operation.ts";
import { createProgress } from "../../src/render/progress.ts";

function screen(isTerminal: boolean, columns?: number) {
  let now = 0;
  let written = "";
  let tick: (() => void) | undefined;
  const progress = createProgress({
    isTerminal,
    page: { columns, color: false, width: (text) => Bun.stringWidth(text) },
    write: (text) => {
      written += text;
    },
    monotonicMs: () => now,
    every: (_ms, work) => {
      tick = work;
      return () => {
        tick = undefined;
      };
    },
  });
  return {
    progress,
    take: () => {
      const taken = written;
      written = "";
      return taken;
    },
    pass: (ms: number) => {
      now += ms;
      tick?.();
    },
    isMoving: () => tick !== undefined,
  };
}

test("elsewhere only finished lines appear", () => {
  const { progress, take, isMoving } = screen(false);
  progress.add({ kind: "step", step: "boot", detail: "kernel" });
  progress.add({ kind: "bytes", step: "boot", done: 1, total: 2 });
  expect([take(), isMoving()]).toEqual(["", false]);
  progress.add({ kind: "step-done", step: "stop", detail: "by the guest", durationMs: 1500 });
  expect(take()).toBe(`stop        by the guest${" ".repeat(51)}1.5 s\n`);
});

test("on a terminal one line moves, and finished lines stand above it", () => {
  const { progress, take, pass, isMoving } = screen(true, 80);
  progress.add({ kind: "step", step: "boot", detail: "kernel" });
  expect(take()).toBe("\r\u001b[K| boot kernel");
  pass(2100);
  expect(take()).toBe("\r\u001b[K/ boot kernel 2 s");
  progress.add({ kind: "note", label: "cpu", text: "emulated" });
  expect(take()).toBe("\r\u001b[Kcpu         emulated\n\r\u001b[K- boot kernel 2 s");
  progress.add({ kind: "step-done", step: "boot", detail: "tcg", durationMs: 2200 });
  progress.add({ kind: "step", step: "reachable", detail: "" });
  expect(take()).toBe("");
  pass(1000);
  expect(take()).toBe("\r\u001b[K\\ boot ssh 3 s");
  progress.add({ kind: "step-done", step: "reachable", detail: "", durationMs: 900 });
  expect(take()).toStartWith("\r\u001b[Kboot        kernel, ssh ");
  expect(isMoving()).toBe(false);
});

const lines = (...said: Progress[]) => {
  const { progress, take } = screen(false);
  for (const each of said) progress.add(each);
  return take()
    .split("\n")
    .filter(Boolean)
    .map((line) => line.replaceAll(/ {2,}/g, " | "));
};
const done = (step: Step, durationMs: number, detail = ""): Progress => ({
  kind: "step-done",
  step,
  detail,
  durationMs,
});

test("the stages of a launch: the machine's start and the guest's answer are one, and a quick disk is none", () =>
  expect(
    lines(
      done("image", 48_000, "Ubuntu 24.04 LTS"),
      done("disk", 40),
      done("boot", 4_100, "tcg"),
      done("reachable", 20_000),
      done("cloud-init", 7_300, "done"),
    ),
  ).toEqual(["image | Ubuntu 24.04 LTS | 48.0 s", "boot | kernel, ssh | 24.1 s", "cloud-init | done | 7.3 s"]));

test.each([
  ["a slow disk is told", [done("disk", 2_000)], ["disk | 2.0 s"]],
  ["who comes late hears of the rest of a stage", [done("reachable", 2_000)], ["boot | ssh | 2.0 s"]],
  [
    "a machine that ran already is told",
    [done("boot", 10, "kvm, found running"), done("reachable", 1_990)],
    ["boot | found running, ssh | 2.0 s"],
  ],
  [
    "a machine that went on from its memory too",
    [done("boot", 10, "kvm, from its memory"), done("reachable", 190), done("clock", 90, "was 9 s behind, is 0 s off")],
    ["boot | from its memory, ssh | 0.2 s", "clock | was 9 s behind, is 0 s off | 90 ms"],
  ],
] as const)("%s", (_what, said, shown) => expect(lines(...said)).toEqual([...shown]));

test("a flood of bytes is drawn by the clock", () => {
  const { progress, take, pass } = screen(true, 80);
  for (let done = 0; done <= 1000; done++) progress.add({ kind: "bytes", step: "image", done, total: 1000 });
  expect(take()).toBe(`\r\u001b[K| image [${" ".repeat(20)}]   0% of 1000`);
  pass(100);
  expect(take()).toBe(`\r\u001b[K/ image [${"=".repeat(20)}] 100% of 1000`);
  progress.add({ kind: "bytes", step: "image", done: 2500, total: 10_000 });
  pass(100);
  expect(take()).toBe(`\r\u001b[K- image [${"=".repeat(5).padEnd(20)}]  25% of 9.8K`);
  progress.add({ kind: "bytes", step: "image", done: 2048, total: 0 });
  pass(100);
  expect(take()).toBe("\r\u001b[K\\ image 2K");
});

test("the moving line never wraps, and several pieces of work share it", () => {
  const { progress, take, pass } = screen(true, 30);
  progress.add({ kind: "step", step: "stop", detail: "" }, "web");
  progress.add({ kind: "step", step: "image", detail: "a very long description" }, "db");
  take();
  pass(100);
  const shown = take().replace("\r\u001b[K", "");
  expect(shown).toStartWith("/ web stop   db image a very");
  expect(Bun.stringWidth(shown)).toBeLessThan(30);
});

test("closing takes what moves off the screen", () => {
  const { progress, take, isMoving } = screen(true);
  progress.add({ kind: "step", step: "boot", detail: "" });
  take();
  progress.close();
  expect([take(), isMoving()]).toEqual(["\r\u001b[K", false]);
});

test("what a guest or user named cannot move the cursor", () => {
  const { progress, take } = screen(true);
  progress.add({ kind: "note", label: "a\u001b[2J", text: "b\rc" }, "d\u0007");
  expect(take()).toBe("d\\x07: a\\x1b[2J    b\\x0dc\n");
});
