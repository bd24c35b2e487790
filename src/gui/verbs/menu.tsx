/** All that makes sense for one instance, in a menu of the browser's own (popover). */
import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import type { InstanceView } from "../../model/view.ts";
import { Icon } from "../components/icon.tsx";
import { fitting } from "../pure/verbs.ts";
import { useStore } from "../store/store.ts";

const width = 236;
const edge = 8;

export function VerbMenu({ instance, text }: { instance: InstanceView; text?: string }) {
  const { verbs } = useStore();
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  /** Each row of a table has a menu, and hardly one is looked at. */
  const isOpen = useSignal(false);

  /** Below the button, or above it where there is no room. */
  const place = () => {
    const at = button.current?.getBoundingClientRect();
    if (!at || !menu.current) return;
    const { style, offsetHeight } = menu.current;
    const left = Math.max(edge, Math.min(at.right - width, innerWidth - width - edge));
    const isBelow = at.bottom + offsetHeight + edge < innerHeight;
    style.left = `${left}px`;
    style.top = `${isBelow ? at.bottom + 4 : Math.max(edge, at.top - offsetHeight - 4)}px`;
    menu.current.querySelector<HTMLElement>("button")?.focus();
  };
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const items = [...(menu.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    if (step === undefined || items.length === 0) return;
    event.preventDefault();
    const at = items.findIndex((item) => item === document.activeElement);
    items[(at + step + items.length) % items.length]?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class={`button quiet${text === undefined ? " only-icon" : ""}`}
        aria-label={text === undefined ? `More for ${instance.name}` : undefined}
        aria-haspopup="menu"
        popovertarget={id}
      >
        {text !== undefined && <span>{text}</span>}
        <Icon name="chevron-down" />
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        class="menu"
        role="menu"
        aria-label={`What can be done with ${instance.name}`}
        onBeforeToggle={(event) => (isOpen.value = event.newState === "open")}
        onToggle={(event) => event.newState === "open" && place()}
        onKeyDown={move}
      >
        {isOpen.value &&
          fitting(instance).map((verb) => (
            <button
              key={verb.name}
              type="button"
              role="menuitem"
              class={verb.isFinal ? "danger" : ""}
              title={verb.about}
              onClick={() => {
                menu.current?.hidePopover();
                verbs.run(verb, [instance]);
              }}
            >
              <Icon name={verb.icon} />
              <span>{verb.label}</span>
              {verb.key !== undefined && <kbd>{verb.key}</kbd>}
            </button>
          ))}
      </div>
    </>
  );
}
