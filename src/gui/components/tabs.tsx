/** Tabs (role tablist): arrow keys move between them, one of them is in the order of focus. */
import type { IconName } from "./icon-shapes.ts";
import { Icon } from "./icon.tsx";

export interface TabItem<Name extends string> {
  readonly name: Name;
  readonly label: string;
  readonly icon: IconName;
}

export interface TabsProps<Name extends string> {
  readonly label: string;
  readonly items: readonly TabItem<Name>[];
  readonly chosen: Name;
  readonly onChoose: (name: Name) => void;
}

/** The panel has the id `panel`, and `tab-NAME` as its name. */
export function Tabs<Name extends string>({ label, items, chosen, onChoose }: TabsProps<Name>) {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = items.findIndex(({ name }) => name === chosen);
    const next = items[(at + step + items.length) % items.length];
    if (!next) return;
    event.preventDefault();
    onChoose(next.name);
    document.getElementById(`tab-${next.name}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {items.map(({ name, label: title, icon }) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={name === chosen}
          aria-controls="panel"
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => onChoose(name)}
        >
          <Icon name={icon} size={15} />
          <span>{title}</span>
        </button>
      ))}
    </div>
  );
}
