/** Everything the page knows, put together: made once per window, handed to components by a context. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { assert } from "../../errors.ts";
import type { Accepted } from "../../api/contract.ts";
import type { DaemonStatus } from "../../model/view.ts";
import type { Api } from "../api/client.ts";
import { emptyLaunch } from "../pure/launch.ts";
import { canUndo, doneWord } from "../pure/outcomes.ts";
import { createAgain } from "./again.ts";
import { keepLine } from "./connection.ts";
import { createInstances } from "./instances.ts";
import { createShown } from "./moment.ts";
import { createOperations, type Outcome } from "./operations.ts";
import { createResource } from "./resource.ts";
import { createRouter } from "./router.ts";
import type { Plan } from "./plan.ts";
import { createToasts } from "./toasts.ts";
import { createTheme } from "./theme.ts";
import { createTime } from "./time.ts";
import { createActions } from "./actions.ts";

export type Overlay = "palette" | "keys" | "launch" | undefined;

/** `position`: of the log when this window got its session. */
export function createStore(api: Api, position: number) {
  const toasts = createToasts();
  const instances = createInstances(api);
  const operations = createOperations(api, instances.all, (outcome) => toasts.show(toastOf(outcome)));
  const images = createResource(() => api.call("image.list", {}));
  const networks = createResource(() => api.call("network.list", {}));
  const settings = createResource(() => api.call("settings.list", {}));
  const points = createResource(() => api.call("point.tree", {}));
  const status = signal<DaemonStatus | undefined>(undefined);
  const resources = { images, networks, settings, points };

  const askStatus = async () => (status.value = await api.call("daemon.status", {}));
  const line = keepLine({
    api,
    async load(isFirst) {
      if (isFirst) {
        // In this order: the daemon does one thing after the other, and the first is what the window opens with.
        await Promise.all([instances.loadAll(), askStatus(), operations.refresh()]);
        return position;
      }
      const { durable } = (await askStatus()).log;
      const expiring = Object.values(resources).map((each) => each.expire());
      await Promise.all([instances.loadAll(), operations.refresh(), ...expiring]);
      return durable;
    },
    async refresh(stale) {
      const expired = (["images", "networks", "settings", "points"] as const).filter((name) => stale[name]);
      await Promise.all([
        instances.refresh(stale.instances, stale.list),
        ...(stale.operations ? [operations.refresh()] : []),
        ...expired.map((name) => resources[name].expire()),
      ]);
    },
  });
  const nowMs = clockSignal();
  const shown = createShown(instances.all);
  const plan = signal<Plan | undefined>(undefined);
  /** An accepted change: its outcome is told when it comes. One that changed nothing says so at once. */
  const accepted = ({ operation, note }: Accepted, what: string): void => {
    if (operation) operations.watch(operation.id);
    else toasts.show({ tone: "note", title: `${what}: ${note ?? "nothing to do"}` });
  };
  return {
    api,
    line,
    toasts,
    instances,
    operations,
    ...resources,
    status,
    shown,
    time: createTime(api, shown, toasts),
    router: createRouter(),
    theme: createTheme(),
    overlay: signal<Overlay>(undefined),
    isDrawerOpen: signal(false),
    /** Milliseconds since 1970, every second: for what says how long ago. */
    nowMs,
    /** What was typed to launch, until it is sent. */
    launchForm: signal(emptyLaunch),
    launchAgain: createAgain(api),
    /** Why nothing can be changed now; undefined: it can. */
    whyFixed: computed(() => {
      if (shown.isPast.value) return "this is the past: restore it, or fork from it";
      return line.connection.value.kind === "ended" ? "this window's session has ended" : undefined;
    }),
    /** What is about to be done and is looked at first: undo, restore, fork, rollback. */
    plan,
    accepted,
    verbs: createActions({ api, toasts, accepted, watch: operations.watch, plan }),
    /** Keys that parts of the page listen to while they are there. */
    keys: new Map<string, () => void>(),
  };
}
export type Store = ReturnType<typeof createStore>;

function toastOf({ number, kind, what, result, failure, instance }: Outcome) {
  const isOk = result === "ok";
  return {
    tone: isOk ? ("ok" as const) : ("bad" as const),
    title: doneWord(what, result),
    operation: number,
    canUndo: isOk && canUndo(kind),
    ...(failure && { failure, detail: failure.reason }),
    ...(!isOk && { next: instance === undefined ? `strata show ${number}` : `strata explain ${instance}` }),
  };
}

function clockSignal(): ReadonlySignal<number> {
  const now = signal(Date.now());
  setInterval(() => (now.value = Date.now()), 1_000);
  return now;
}

const Context = createContext<Store | undefined>(undefined);
export const StoreProvider = Context.Provider;

export function useStore(): Store {
  const store = useContext(Context);
  assert(store, "a component stands inside the store's context");
  return store;
}
