/** The daemon's end of the fake machines that live in the test's process: each call of the contract is one request. */
import { fromWire } from "../../../src/api/wire.ts";
import type {
  CreatePlan,
  Driver,
  FreezePlan,
  IdentityPlan,
  Frozen,
  Happening,
  HostReport,
  MergePlan,
  Observed,
  RewindPlan,
  SavedMemory,
  SnapshotSupport,
  Started,
  StartPlan,
  StopHow,
} from "../../../src/drivers/driver.ts";
import type { Hardware } from "../../../src/drivers/driver.ts";
import type { ImageSupport, TakePlan } from "../../../src/drivers/images.ts";
import { readLines } from "../../../src/sys/lines.ts";

/** What goes over the socket. Of the seed only its length: a fake machine boots nothing. */
export type Asked =
  | { readonly call: "check" }
  | { readonly call: "image"; readonly path: string }
  | { readonly call: "create"; readonly id: string; readonly plan: CreatePlan }
  | { readonly call: "start"; readonly id: string; readonly plan: Omit<StartPlan, "seed">; readonly seedBytes: number }
  | { readonly call: "stop"; readonly id: string; readonly how: StopHow }
  | { readonly call: "instruct"; readonly id: string; readonly script: string }
  | { readonly call: "identify"; readonly id: string; readonly plan: IdentityPlan }
  | { readonly call: "resize"; readonly id: string; readonly plan: { layer: string; bytes: number } }
  | { readonly call: "suspend" | "resume" | "inspect" | "console"; readonly id: string }
  | { readonly call: "freeze"; readonly id: string; readonly plan: FreezePlan }
  | { readonly call: "written"; readonly layer: string }
  | { readonly call: "check-point"; readonly at: Parameters<SnapshotSupport["check"]>[0] }
  | { readonly call: "rewind"; readonly id: string; readonly plan: RewindPlan }
  | { readonly call: "discard"; readonly what: Parameters<SnapshotSupport["discard"]>[0] }
  | { readonly call: "empty"; readonly ms: number }
  | { readonly call: "merge"; readonly plan: MergePlan }
  | { readonly call: "take"; readonly plan: TakePlan }
  | { readonly call: "extract"; readonly from: Parameters<ImageSupport["extract"]>[0]; readonly target: string }
  | { readonly call: "destroy"; readonly id: string; readonly layers: readonly string[] };

const lineBytesMax = 2 ** 16;

export function createWorldDriver(socket: string): Driver {
  const closing = new AbortController();
  const listeners = new Set<(id: string, happening: Happening) => void>();
  const ask = async <Result>(asked: Asked, signal: AbortSignal): Promise<Result> => {
    const response = await fetch("http://world/", {
      unix: socket,
      method: "POST",
      body: JSON.stringify(asked),
      signal,
      timeout: false,
    });
    const body: unknown = await response.json();
    if (response.ok) return body as Result;
    throw fromWire(body) ?? new Error(`the world answers ${response.status}`);
  };
  void listen(socket, closing.signal, (id, happening) => {
    for (const listener of listeners) listener(id, happening);
  });
  return {
    name: "fake",
    features: { survivesDaemon: true, memorySnapshots: true },
    images: {
      inspect: (path, signal) => ask<Awaited<ReturnType<ImageSupport["inspect"]>>>({ call: "image", path }, signal),
      extract: async (from, target, signal) => void (await ask({ call: "extract", from, target }, signal)),
    },
    snapshots: {
      freeze: (id, plan, signal) => ask<Frozen>({ call: "freeze", id, plan }, signal),
      isWritten: (layer, signal) => ask<boolean>({ call: "written", layer }, signal),
      check: async (at, signal) => void (await ask({ call: "check-point", at }, signal)),
      rewind: async (id, plan, signal) => void (await ask({ call: "rewind", id, plan }, signal)),
      merge: (plan, signal) => ask<{ bytes: number }>({ call: "merge", plan }, signal),
      take: (plan, signal) => ask<{ bytes: number }>({ call: "take", plan }, signal),
      empty: async (ms, signal) => void (await ask({ call: "empty", ms }, signal)),
      discard: async (what, signal) => void (await ask({ call: "discard", what }, signal)),
    },
    check: (signal) => ask<HostReport>({ call: "check" }, signal),
    create: (id, plan, signal) => ask<{ hardware: Hardware }>({ call: "create", id, plan }, signal),
    start: (id, { seed, ...plan }, signal) => ask<Started>({ call: "start", id, plan, seedBytes: seed.length }, signal),
    stop: async (id, how, signal) => void (await ask({ call: "stop", id, how }, signal)),
    suspend: (id, signal) => ask<SavedMemory>({ call: "suspend", id }, signal),
    instruct: (id, script, signal) => ask<string>({ call: "instruct", id, script }, signal),
    identify: async (id, plan, signal) => void (await ask({ call: "identify", id, plan }, signal)),
    resize: async (id, plan, signal) => void (await ask({ call: "resize", id, plan }, signal)),
    resume: async (id, signal) => void (await ask({ call: "resume", id }, signal)),
    inspect: (id) => ask<Observed>({ call: "inspect", id }, closing.signal),
    destroy: async (id, layers, signal) => void (await ask({ call: "destroy", id, layers }, signal)),
    watch: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** What is there; nothing is followed. */
    async *console(id, { signal }) {
      yield Buffer.from((await ask<{ text: string }>({ call: "console", id }, signal)).text);
    },
    close: async () => closing.abort(),
  };
}

async function listen(
  socket: string,
  signal: AbortSignal,
  tell: (id: string, happening: Happening) => void,
): Promise<void> {
  try {
    const { body } = await fetch("http://world/", { unix: socket, signal, timeout: false });
    if (body === null) return;
    for await (const line of readLines(body, lineBytesMax)) {
      if (line === "") continue;
      const { id, happening } = JSON.parse(line) as { id: string; happening: Happening };
      tell(id, happening);
    }
  } catch {
    // The world has ended, or we do.
  }
}
