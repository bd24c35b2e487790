/** Work under way on a terminal and elsewhere; time is simulated. */
import { expect, test } from "bun:test";
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
  progress.add({ kind: "step-done", step: "boot", detail: "kernel, ssh", durationMs: 1500 });
  expect(take()).toBe(`boot        kernel, ssh${" ".repeat(52)}1.5 s\n`);
});

test("on a terminal one line moves, and finished lines stand above it", () => {
  const { progress, take, pass, isMoving } = screen(true, 80);
  progress.add({ kind: "step", step: "boot", detail: "kernel" });
  expect(take()).toBe("\r\u001b[K| boot kernel");
  pass(2100);
  expect(take()).toBe("\r\u001b[K/ boot kernel 2 s");
  progress.add({ kind: "note", label: "cpu", text: "emulated" });
  expect(take()).toBe("\r\u001b[Kcpu         emulated\n\r\u001b[K- boot kernel 2 s");
  progress.add({ kind: "step-done", step: "boot", detail: "", durationMs: 2200 });
  expect(take()).toStartWith("\r\u001b[Kboot ");
  expect(isMoving()).toBe(false);
});

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
  progress.add({ kind: "step", step: "boot", detail: "" }, "web");
  progress.add({ kind: "step", step: "image", detail: "a very long description" }, "db");
  take();
  pass(100);
  const shown = take().replace("\r\u001b[K", "");
  expect(shown).toStartWith("/ web boot   db image a very");
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
