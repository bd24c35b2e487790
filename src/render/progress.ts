/** Work under way: finished lines for everybody, one moving line for a terminal. */
import type { ShownProgress } from "../model/operation.ts";
import { formatDuration } from "../model/duration.ts";
import { formatSize } from "../model/size.ts";
import { createStages } from "./stages.ts";
import { cut, printable, styled } from "./text.ts";
import type { Page } from "./view.ts";

/** Where it prints: standard error, whether it is a terminal, and a clock for the animation. */
export interface ProgressScreen {
  readonly isTerminal: boolean;
  readonly page: Pick<Page, "columns" | "color" | "width">;
  write(text: string): void;
  monotonicMs(): number;
  /** Calls `tick` every `ms` until the answer is called; does not keep the process alive. */
  every(ms: number, tick: () => void): () => void;
}

export interface ProgressPrinter {
  add(progress: ShownProgress, subject?: string): void;
  say(line: string): void;
  close(): void;
}

const labelWidth = 10;
/** Durations end in this column, or at the terminal's edge when that is nearer. */
const lineWidth = 80;
const frameMs = 100;
const frames = ["|", "/", "-", "\\"];
const clearLine = "\r\u001b[K";

interface Moving {
  readonly label: string;
  detail: string;
  readonly sinceMs: number;
}

export function createProgress(screen: ProgressScreen): ProgressPrinter {
  const moving = new Map<string, Moving>();
  const stages = new Map<string, ReturnType<typeof createStages>>();
  let stop: (() => void) | undefined;
  let frame = 0;

  const clear = () => {
    if (screen.isTerminal && stop) screen.write(clearLine);
  };
  const draw = () => {
    if (!screen.isTerminal || moving.size === 0) return;
    const parts = [...moving].map(([subject, { label, detail, sinceMs }]) =>
      [printable(subject), label, detail, elapsed(screen.monotonicMs() - sinceMs)].filter(Boolean).join(" "),
    );
    const text = `${frames[frame++ % frames.length]} ${parts.join("   ")}`;
    const shown = cut(text, (screen.page.columns ?? lineWidth) - 1, screen.page);
    screen.write(clearLine + styled(shown, "dim", screen.page.color));
    stop ??= screen.every(frameMs, draw);
  };
  const halt = () => {
    clear();
    stop?.();
    stop = undefined;
  };
  const say = (line: string) => {
    clear();
    screen.write(`${line}\n`);
    draw();
  };

  return {
    say,
    close: halt,
    add(said, subject = "") {
      const stage = stages.get(subject) ?? createStages();
      stages.set(subject, stage);
      const progress = stage(said);
      if (progress === undefined) return;
      const line = finishedLine(progress, subject, screen.page);
      if (progress.kind === "step-done") moving.delete(subject);
      if (progress.kind === "step" || progress.kind === "bytes") {
        const known = moving.get(subject);
        const sinceMs = known?.label === progress.step ? known.sinceMs : screen.monotonicMs();
        moving.set(subject, { label: progress.step, detail: printable(movingDetail(progress)), sinceMs });
      }
      if (moving.size === 0) halt();
      if (line !== undefined) say(line);
      // What only moves is drawn by the clock, however often it comes.
      else if (!stop) draw();
    },
  };
}

/** Whole seconds; nothing within the first. */
function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return "";
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

/** Cells of a bar. */
const barWidth = 20;

/** `[=====               ]  25% of 598M`; without a total, how much there is. */
function movingDetail(progress: Extract<ShownProgress, { kind: "step" | "bytes" }>): string {
  if (progress.kind === "step") return progress.detail;
  const { done, total } = progress;
  if (total <= 0) return formatSize(done);
  const share = Math.min(1, done / total);
  const bar = "=".repeat(Math.floor(share * barWidth)).padEnd(barWidth);
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)}% of ${formatSize(total)}`;
}

/** The lasting line of a finished step or a note; undefined for what only moves. */
export function finishedLine(
  progress: ShownProgress,
  subject: string,
  page: Pick<Page, "columns" | "width">,
): string | undefined {
  if (progress.kind === "note") return labelled(subject, progress.label, progress.text);
  if (progress.kind !== "step-done") return undefined;
  const left = labelled(subject, progress.step, progress.detail);
  const took = formatDuration(progress.durationMs);
  const room = Math.min(page.columns ?? lineWidth, lineWidth) - page.width(took);
  return left + " ".repeat(Math.max(3, room - page.width(left))) + took;
}

/** `label       text`, the following lines of the text under its beginning; `subject: ` first when there are several. */
export function labelled(subject: string, label: string, text: string): string {
  const prefix = subject === "" ? "" : `${printable(subject)}: `;
  return text
    .split("\n")
    .map((part, index) =>
      `${prefix}${(index === 0 ? printable(label) : "").padEnd(labelWidth)}  ${printable(part)}`.trimEnd(),
    )
    .join("\n");
}
