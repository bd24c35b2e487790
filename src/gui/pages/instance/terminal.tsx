/** Shells inside the instance: several, kept by the daemon while this window is gone or its connection is. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { TerminalView } from "../../../model/terminal.ts";
import type { InstanceView } from "../../../model/view.ts";
import { Button } from "../../components/button.tsx";
import { CommandLine } from "../../components/command-line.tsx";
import { Empty, Waiting } from "../../components/empty.tsx";
import { Problem } from "../../components/problem.tsx";
import { useStore } from "../../store/store.ts";
import { useSending } from "../../store/use.ts";
import { LazyShell } from "../../terminal/lazy-shell.tsx";

/** What a terminal begins with; its screen says its own size once it is drawn. */
const first = { term: "xterm-256color", columns: 80, rows: 24 };

export function Terminal({ instance }: { instance: InstanceView }) {
  const { shown } = useStore();
  if (shown.isPast.value) return <Empty icon="terminal" title="Nobody can go in there: this is the past" />;
  if (instance.power !== "running") {
    return (
      <Empty icon="terminal" title="It does not run, so nobody is inside">
        <CommandLine line={`strata start ${instance.name}`} />
      </Empty>
    );
  }
  return <Shells instance={instance} />;
}

function Shells({ instance }: { instance: InstanceView }) {
  const { api } = useStore();
  const terminals = useSignal<readonly TerminalView[] | undefined>(undefined);
  const chosen = useSignal<string | undefined>(undefined);
  const { send, error, isBusy } = useSending();

  const load = async () => {
    const all = await api.call("terminal.list", { instance: instance.id });
    terminals.value = all.filter(({ gone }) => gone === undefined);
    const ids = terminals.value.map(({ id }) => id);
    if (!ids.includes(chosen.peek() ?? "")) chosen.value = ids[0];
  };
  const open = () =>
    void send(async () => {
      const opened = await api.call("terminal.open", { command: api.newCommand(), instance: instance.id, ...first });
      chosen.value = opened.id;
      await load();
    });
  const close = (terminal: string) =>
    void send(async () => {
      await api.call("terminal.close", { terminal });
      await load();
    });
  useEffect(() => {
    void send(async () => {
      await load();
      if (terminals.peek()?.length !== 0) return;
      const opened = await api.call("terminal.open", { command: api.newCommand(), instance: instance.id, ...first });
      chosen.value = opened.id;
      await load();
    });
  }, [instance.id]);
  return (
    <div class="terminal">
      <div class="terminal-list" role="group" aria-label="Terminals">
        {terminals.value?.map(({ id, number }) => (
          <span key={id} class="terminal-choice">
            <Button isPressed={id === chosen.value} icon="terminal" onClick={() => (chosen.value = id)}>
              {number}
            </Button>
            <Button tone="quiet" icon="x" label={`Close terminal ${number}`} onClick={() => close(id)} />
          </span>
        ))}
        <Button tone="quiet" icon="plus" isBusy={isBusy.value} onClick={open}>
          New terminal
        </Button>
      </div>
      <Problem error={error.value} />
      {terminals.value === undefined && error.value === undefined && <Waiting what="its terminals" />}
      {chosen.value !== undefined && (
        <LazyShell key={chosen.value} terminal={chosen.value} name={instance.name} onGone={() => void send(load)} />
      )}
      <p class="muted terminal-foot">
        <kbd>Ctrl Shift Esc</kbd> leaves the terminal; it is kept when this window goes.{" "}
        <code>strata shell {instance.name}</code>
      </p>
    </div>
  );
}
