/** One terminal on the screen. Its connection may come and go; what the daemon remembers of it is shown anew then. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal as Screen } from "@xterm/xterm";
import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { UserError } from "../../errors.ts";
import { Problem } from "../components/problem.tsx";
import { useStore } from "../store/store.ts";
import { allowStyles } from "./allow-styles.ts";
import { attach } from "./attach.ts";
import { isScreenReader } from "./screen-reader.ts";
import { themeOf } from "./theme.ts";

export interface ShellProps {
  readonly terminal: string;
  readonly name: string;
  /** It has ended. */
  readonly onGone: () => void;
}

/** A connection that breaks at once again and again is not tried for ever. */
const attemptsMax = 20;

const tooMuch = () =>
  new UserError("paste-too-large", "that is more than the guest takes at once, and was not sent", {
    hints: [["next", "strata transfer FILE INSTANCE:"]],
  });

export function Shell({ terminal, name, onGone }: ShellProps) {
  const { api, line } = useStore();
  const place = useRef<HTMLDivElement>(null);
  const error = useSignal<unknown>(undefined);
  const note = useSignal<string | undefined>(undefined);
  useEffect(() => {
    if (!place.current) return undefined;
    const { screen, fit } = createScreen(place.current);
    let leave = () => {};
    let attempts = 0;
    let isLost = false;
    const join = () => {
      isLost = false;
      attempts += 1;
      leave = attach(api, terminal, screen, {
        onAttached() {
          screen.reset();
          attempts = 0;
          note.value = undefined;
        },
        onTooMuch: () => (error.value = tooMuch()),
        onEnd(end) {
          isLost = end.kind === "lost";
          if (end.kind === "exit") note.value = end.text;
          else if (end.kind === "lost") note.value = "lost";
          else error.value = end.error;
          if (end.kind !== "lost") onGone();
          else if (line.connection.peek().kind === "live" && attempts < attemptsMax)
            setTimeout(() => isLost && join(), 500);
        },
      });
    };
    join();
    // Lost with the daemon: joined again when that is heard again.
    const stop = effect(() => {
      if (line.connection.value.kind === "live" && isLost) join();
    });
    const observer = new ResizeObserver(() => fit.fit());
    observer.observe(place.current);
    return () => {
      stop();
      isLost = false;
      observer.disconnect();
      leave();
      screen.dispose();
    };
  }, [terminal]);
  return (
    <>
      {note.value !== undefined && (
        <div class="terminal-end" role="status">
          <p>
            {note.value === "lost"
              ? "The connection is lost. The shell is kept, and joined again by itself."
              : note.value}
          </p>
        </div>
      )}
      <Problem error={error.value} />
      <div ref={place} class="screen" role="group" aria-label={`Terminal of ${name}`} />
    </>
  );
}

function createScreen(place: HTMLElement) {
  allowStyles();
  const screen = new Screen({
    fontFamily: "ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
    fontSize: 13,
    scrollback: 5_000,
    screenReaderMode: isScreenReader.value,
    theme: themeOf(place),
  });
  const fit = new FitAddon();
  screen.loadAddon(fit);
  screen.open(place);
  fit.fit();
  screen.focus();
  screen.attachCustomKeyEventHandler((event) => {
    const isLeaving = event.ctrlKey && event.shiftKey && event.key === "Escape";
    if (isLeaving) document.getElementById("tab-terminal")?.focus();
    return !isLeaving;
  });
  return { screen, fit };
}
