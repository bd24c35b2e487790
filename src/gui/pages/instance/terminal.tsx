/** A shell inside the instance. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal as Screen } from "@xterm/xterm";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { frameJson } from "../../../api/bytes.ts";
import { fromWire } from "../../../api/wire.ts";
import type { InstanceView } from "../../../model/view.ts";
import { type Frames, openFrames } from "../../api/frames.ts";
import { Button } from "../../components/button.tsx";
import { CommandLine } from "../../components/command-line.tsx";
import { Empty } from "../../components/empty.tsx";
import { Problem } from "../../components/problem.tsx";
import { useStore } from "../../store/store.ts";
import { allowStyles } from "../../terminal/allow-styles.ts";
import { themeOf } from "../../terminal/theme.ts";

export function Terminal({ instance }: { instance: InstanceView }) {
  const turn = useSignal(0);
  if (instance.power !== "running") {
    return (
      <Empty icon="terminal" title="It does not run, so nobody is inside">
        <CommandLine line={`strata start ${instance.name}`} />
      </Empty>
    );
  }
  return <Shell key={turn.value} instance={instance} onAgain={() => (turn.value += 1)} />;
}

function Shell({ instance, onAgain }: { instance: InstanceView; onAgain: () => void }) {
  const { api } = useStore();
  const place = useRef<HTMLDivElement>(null);
  const error = useSignal<unknown>(undefined);
  const ended = useSignal<string | undefined>(undefined);
  useEffect(() => {
    if (!place.current) return undefined;
    allowStyles();
    const screen = new Screen({
      fontFamily: "ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace",
      fontSize: 13,
      scrollback: 5_000,
      theme: themeOf(place.current),
    });
    const fit = new FitAddon();
    screen.loadAddon(fit);
    screen.open(place.current);
    fit.fit();
    screen.focus();
    let frames: Frames | undefined;
    const observer = new ResizeObserver(() => {
      fit.fit();
      frames?.sendJson("resize", { columns: screen.cols, rows: screen.rows });
    });
    observer.observe(place.current);
    const encoder = new TextEncoder();
    screen.onData((text) => frames?.send("stdin", encoder.encode(text)));
    screen.attachCustomKeyEventHandler((event) => {
      const leaves = event.ctrlKey && event.shiftKey && event.key === "Escape";
      if (leaves) document.getElementById("tab-terminal")?.focus();
      return !leaves;
    });
    const open = {
      command: api.newCommand(),
      instance: instance.id,
      environment: {},
      terminal: { term: "xterm-256color", columns: screen.cols, rows: screen.rows },
    };
    openFrames(api, "session.open", open, {
      onFrame(frame) {
        if (frame.type === "stdout" || frame.type === "stderr") screen.write(frame.payload);
        else if (frame.type === "exit") ended.value = "The shell has ended.";
        else if (frame.type === "error") error.value = fromWire(frameJson(frame));
      },
      onEnd(reason) {
        if (ended.peek() === undefined && error.peek() === undefined) error.value = reason;
      },
    }).then(
      (opened) => (frames = opened),
      (reason: unknown) => (error.value = reason),
    );
    return () => {
      observer.disconnect();
      frames?.close();
      screen.dispose();
    };
  }, []);
  return (
    <div class="terminal">
      {(ended.value !== undefined || error.value !== undefined) && (
        <div class="terminal-end">
          {ended.value !== undefined && <p>{ended.value}</p>}
          <Problem error={error.value} />
          <Button icon="rotate-cw" onClick={onAgain}>
            New shell
          </Button>
        </div>
      )}
      <div ref={place} class="screen" />
      <p class="muted terminal-foot">
        <kbd>Ctrl Shift Esc</kbd> leaves the terminal · <code>strata shell {instance.name}</code>
      </p>
    </div>
  );
}
