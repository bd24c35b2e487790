/** Instances: what there is, how it goes, and everything that can be done with one or with many. */
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { InstanceView } from "../../model/view.ts";
import { Empty, Waiting } from "../components/empty.tsx";
import { Grid } from "../components/grid.tsx";
import { PageHead } from "../components/page-head.tsx";
import { allOrNone, extended, type Selection, stillThere, toggled } from "../pure/selection.ts";
import { type Chip, chips, countsOf, fitsChip, fitsText } from "../pure/filter.ts";
import { useStore } from "../store/store.ts";
import { BulkBar } from "./instances/bulk-bar.tsx";
import { BulkOutcomes } from "./instances/bulk-outcomes.tsx";
import { instanceColumns } from "./instances/columns.tsx";
import { FirstLaunch } from "./instances/first-launch.tsx";
import { keyOnInstance } from "../verbs/keys.ts";

export function InstancesPage() {
  const store = useStore();
  const { shown, router, instances } = store;
  const text = useSignal("");
  const chip = useSignal<Chip>("all");
  const selection = useSignal<Selection>(new Set());
  const last = useSignal<string | undefined>(undefined);
  const rows = useComputed(() => {
    const [fitsState, fits] = [fitsChip(chip.value), fitsText(text.value)];
    return shown.instances.value.filter((each) => fitsState(each) && fits(each));
  });
  const counts = useComputed(() => countsOf(shown.instances.value));
  useSignalEffect(() => {
    const present = new Set(shown.instances.value.map(({ id }) => id));
    selection.value = stillThere(selection.peek(), present);
  });

  const choose = (id: string, isRange: boolean) => {
    const ids = rows.peek().map((each) => each.id);
    selection.value =
      isRange && last.peek() ? extended(selection.peek(), ids, last.peek() ?? id, id) : toggled(selection.peek(), id);
    last.value = id;
  };
  const chooseAll = () =>
    (selection.value = allOrNone(
      selection.peek(),
      rows.peek().map(({ id }) => id),
    ));
  const isAllChosen = useComputed(() => rows.value.length > 0 && rows.value.every(({ id }) => selection.value.has(id)));
  const columns = useMemo(
    () => instanceColumns({ isChosen: (id) => selection.value.has(id), choose, chooseAll, isAllChosen }),
    [],
  );
  const open = ({ name }: InstanceView) => router.go({ page: "instance", name, tab: "overview" });
  const onKey = (event: KeyboardEvent, instance: InstanceView) => {
    if (event.key.toLowerCase() === "x" || event.key === " ") choose(instance.id, event.shiftKey);
    else return keyOnInstance(store, event.key, instance);
    return true;
  };
  const chosen = rows.value.filter(({ id }) => selection.value.has(id));
  if (!instances.isLoaded.value && !shown.isPast.value) {
    return (
      <>
        <PageHead title="Instances" />
        <Waiting what="instances" />
      </>
    );
  }
  if (shown.instances.value.length === 0) {
    return (
      <>
        <PageHead title="Instances" />
        {shown.isPast.value ? <Empty icon="server" title="There were none then" /> : <FirstLaunch />}
      </>
    );
  }
  return (
    <>
      <PageHead title="Instances" />
      <div class="toolbar">
        <div class="chips" role="group" aria-label="Show">
          {chips.map((name) => (
            <button key={name} type="button" aria-pressed={chip.value === name} onClick={() => (chip.value = name)}>
              {name} <span class="count">{counts.value[name]}</span>
            </button>
          ))}
        </div>
        <input
          type="search"
          aria-label="Search instances"
          placeholder="name, address, image, label=use=demo"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </div>
      <BulkOutcomes />
      {chosen.length > 0 && <BulkBar instances={chosen} onClear={() => (selection.value = new Set())} />}
      <Grid
        label="Instances"
        rows={rows}
        columns={columns}
        rowKey={({ id }) => id}
        rowLabel={({ name, state }) => `${name}, ${state}`}
        isSelected={(id) => selection.value.has(id)}
        onOpen={open}
        onKey={onKey}
        rowHeight={44}
      />
      {rows.value.length === 0 && (
        <p class="muted none-fits">No instance fits. {text.value !== "" && "Another word may."}</p>
      )}
    </>
  );
}
