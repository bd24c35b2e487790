/** What the page does: one verb on one instance or on several, each with an outcome of its own. */
import { type Signal, signal } from "@preact/signals";
import type { Accepted } from "../../api/contract.ts";
import { messageOf, UserError } from "../../errors.ts";
import type { InstanceView } from "../../model/view.ts";
import type { Api } from "../api/client.ts";
import type { Verb, VerbName } from "../pure/verbs.ts";
import type { Plan } from "./plan.ts";
import type { Toasts } from "./toasts.ts";

/** One of several that a verb was asked for. Its operation's end is in the history. */
export interface BulkItem {
  readonly name: string;
  readonly operation?: string;
  readonly note?: string;
  readonly error?: unknown;
}
export interface Bulk {
  readonly verb: Verb;
  readonly items: readonly BulkItem[];
}

export interface Asked {
  readonly verb: Verb;
  readonly instances: readonly InstanceView[];
}

interface Parts {
  readonly api: Api;
  readonly toasts: Toasts;
  readonly plan: Signal<Plan | undefined>;
  accepted(answer: Accepted, what: string): void;
  watch(operation: string): void;
}

/** At so many at once the daemon is asked; the others wait. */
const atOnceMax = 4;

export function createActions({ api, toasts, plan, accepted }: Parts) {
  /** A verb that asks something first: its dialog. */
  const dialog = signal<Asked | undefined>(undefined);
  const bulk = signal<Bulk | undefined>(undefined);

  const sendOne = async (verb: Verb, instance: InstanceView) => {
    try {
      accepted(await sendPlain(api, verb.name, instance.id), `${verb.label} ${instance.name}`);
    } catch (error) {
      toasts.show({ tone: "bad", title: `${verb.label} ${instance.name}`, detail: messageOf(error), ...nextOf(error) });
    }
  };

  const sendMany = async (
    verb: Verb,
    instances: readonly InstanceView[],
    send: (instance: InstanceView) => Promise<Accepted>,
  ) => {
    const put = (index: number, item: Partial<BulkItem>) => {
      const now = bulk.peek();
      if (now?.verb !== verb) return;
      bulk.value = { verb, items: now.items.map((each, at) => (at === index ? { ...each, ...item } : each)) };
    };
    bulk.value = { verb, items: instances.map(({ name }) => ({ name })) };
    let next = 0;
    const work = async () => {
      for (let index = next++; index < instances.length; index = next++) {
        const instance = instances[index];
        if (!instance) return;
        await send(instance).then(
          ({ operation, note }) =>
            put(index, operation ? { operation: operation.id } : { note: note ?? "nothing to do" }),
          (error: unknown) => put(index, { error }),
        );
      }
    };
    await Promise.all(Array.from({ length: atOnceMax }, work));
  };

  return {
    dialog,
    bulk,
    sendMany,
    /** Does it, or asks first. */
    run(verb: Verb, instances: readonly InstanceView[]): void {
      const [only] = instances;
      if (verb.asks) dialog.value = { verb, instances };
      else if (instances.length > 1) void sendMany(verb, instances, ({ id }) => sendPlain(api, verb.name, id));
      else if (only) void sendOne(verb, only);
    },
    undo(operation?: number): void {
      plan.value = { kind: "undo", ...(operation !== undefined && { operation }) };
    },
    /** Asks a running operation to stop. */
    async cancel(operation: string): Promise<void> {
      try {
        await api.call("operation.cancel", { command: api.newCommand(), operation });
      } catch (error) {
        toasts.show({ tone: "bad", title: "Not cancelled", detail: messageOf(error), ...nextOf(error) });
      }
    },
  };
}

/** A verb that needs nothing but its instance. */
export function sendPlain(api: Api, name: VerbName, instance: string): Promise<Accepted> {
  const input = { command: api.newCommand(), instance };
  switch (name) {
    case "start":
    case "suspend":
    case "recover":
    case "purge":
    case "stop-never":
      return api.call(`instance.${name}`, input);
    case "stop":
    case "restart":
      return api.call(`instance.${name}`, { ...input, force: false });
    case "stop-force":
      return api.call("instance.stop", { ...input, force: true });
    case "delete":
      return api.call("instance.delete", { ...input, purge: false });
    case "detach":
    case "attach":
      return api.call(`network.${name}`, input);
    default:
      return Promise.reject(new UserError("verb-asks", `${name} needs more than an instance`));
  }
}

function nextOf(error: unknown): { next?: string } {
  const hint = error instanceof UserError ? error.hints.find(([, text]) => text.startsWith("strata ")) : undefined;
  return hint ? { next: hint[1] } : {};
}
