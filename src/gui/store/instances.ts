/** Instances as signals: a change of one draws its own row alone. */
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { InstanceView } from "../../model/view.ts";
import type { Api } from "../api/client.ts";
import { isCode } from "../api/faults.ts";

export interface Instances {
  /** Ids, by name. Changes only when instances come, go or are renamed. */
  readonly order: ReadonlySignal<readonly string[]>;
  /** All of them; for what looks at all. */
  readonly all: ReadonlySignal<readonly InstanceView[]>;
  /** One; undefined when there is none (any more). */
  get(id: string): ReadonlySignal<InstanceView> | undefined;
  /** By name or id. */
  named(word: string): InstanceView | undefined;
  /** They have been asked for once. */
  readonly isLoaded: ReadonlySignal<boolean>;
  loadAll(): Promise<void>;
  /** `isList`: some came or went. */
  refresh(ids: ReadonlySet<string>, isList: boolean): Promise<void>;
}

/** Fewer of many are asked for one by one. */
const fewMax = 200;

export function createInstances(api: Api): Instances {
  const cells = new Map<string, Signal<InstanceView>>();
  const order = signal<readonly string[]>([]);
  const isLoaded = signal(false);
  const all = computed(() => order.value.flatMap((id) => cells.get(id)?.value ?? []));

  const put = (views: readonly InstanceView[]) => {
    for (const view of views) {
      const cell = cells.get(view.id);
      if (cell) cell.value = view;
      else cells.set(view.id, signal(view));
    }
  };
  const loadAll = async () => {
    const views = await api.call("instance.list", {});
    batch(() => {
      put(views);
      const ids = views.map(({ id }) => id);
      const present = new Set(ids);
      for (const id of cells.keys()) if (!present.has(id)) cells.delete(id);
      if (ids.join() !== order.peek().join()) order.value = ids;
      isLoaded.value = true;
    });
  };
  return {
    order,
    all,
    isLoaded,
    get: (id) => cells.get(id),
    named: (word) => all.value.find(({ name, id }) => name === word || id === word),
    loadAll,
    async refresh(ids, isList) {
      if (ids.size === 0 && !isList) return;
      const isKnown = [...ids].every((id) => cells.has(id));
      if (isList || !isKnown || ids.size > fewMax) return loadAll();
      try {
        const views = await api.call("instance.info", { instances: [...ids] });
        batch(() => put(views));
      } catch (error) {
        if (!isCode(error, "instance-not-found")) throw error;
        await loadAll();
      }
    },
  };
}
