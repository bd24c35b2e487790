/** Everything that can be done, by its name: pages, instances, and each verb on each instance. */
import { useComputed, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { found } from "../pure/palette.ts";
import { useStore } from "../store/store.ts";
import { actionsOf } from "../verbs/palette-actions.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";

const shownMax = 12;

export function Palette({ onClose }: { onClose: () => void }) {
  const store = useStore();
  const text = useSignal("");
  const chosen = useSignal(0);
  const listId = useId();
  const actions = useComputed(() => actionsOf(store));
  const shown = useComputed(() => found(text.value, actions.value, shownMax));

  const run = (index: number) => {
    const action = shown.peek()[index];
    onClose();
    action?.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const count = Math.max(1, shown.value.length);
    chosen.value = (chosen.value + step + count) % count;
  };
  return (
    <Dialog title="Search or do" size="wide" onClose={onClose} onSubmit={() => run(chosen.value)} footer={<Foot />}>
      <div class="palette">
        <input
          type="text"
          role="combobox"
          aria-label="What to do"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={`${listId}-${chosen.value}`}
          placeholder="stop web, launch, history…"
          autocomplete="off"
          spellcheck={false}
          autofocus
          value={text.value}
          onKeyDown={onKeyDown}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            chosen.value = 0;
          }}
        />
        <ul id={listId} role="listbox" aria-label="What fits">
          {shown.value.map(({ id, title, about, icon }, index) => (
            <li
              key={id}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === chosen.value}
              onClick={() => run(index)}
              onPointerMove={() => (chosen.value = index)}
            >
              <Icon name={icon} />
              <span>{title}</span>
              <span class="muted">{about}</span>
            </li>
          ))}
        </ul>
        {shown.value.length === 0 && <p class="muted">Nothing is called so.</p>}
      </div>
    </Dialog>
  );
}

const Foot = () => (
  <p class="muted palette-foot">
    <kbd>↑</kbd> <kbd>↓</kbd> move, <kbd>Enter</kbd> does it, <kbd>Esc</kbd> closes
  </p>
);
