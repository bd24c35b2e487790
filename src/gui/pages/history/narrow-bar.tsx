/** What narrows the history: a text, and one value of each side. */
import type { Signal } from "@preact/signals";
import type { HistoryRow } from "../../../model/view.ts";
import { Button } from "../../components/button.tsx";
import { Select } from "../../components/field.tsx";
import { type Facet, facets, type Narrowing, valuesOf } from "../../pure/facets.ts";

const labels: Readonly<Record<Facet, string>> = {
  who: "by anybody",
  what: "anything",
  instance: "any instance",
  result: "any result",
};

export function NarrowBar({ rows, narrowing }: { rows: readonly HistoryRow[]; narrowing: Signal<Narrowing> }) {
  const now = narrowing.value;
  const set = (side: Facet | "text", value: string) => {
    const { [side]: _, ...others } = now;
    narrowing.value = value === "" ? others : { ...others, [side]: value };
  };
  return (
    <div class="toolbar narrow">
      <input
        type="search"
        aria-label="Search the history"
        placeholder="words, a reason, a number"
        value={now.text ?? ""}
        onInput={(event) => set("text", event.currentTarget.value)}
      />
      {facets.map((facet) => (
        <Select
          key={facet}
          label={`Narrow by ${facet}`}
          isBare
          value={now[facet] ?? ""}
          onChange={(value) => set(facet, value)}
          choices={[
            ["", labels[facet]],
            ...valuesOf(rows, facet, now).map(({ value, count }) => [value, `${value} (${count})`] as const),
          ]}
        />
      ))}
      {Object.keys(now).length > 0 && (
        <Button tone="quiet" icon="x" onClick={() => (narrowing.value = {})}>
          All
        </Button>
      )}
    </div>
  );
}
