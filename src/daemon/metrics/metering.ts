/** All that is counted while the daemon lives, put together. */
import { addressOf } from "../effects.ts";
import type { Guests } from "../guests.ts";
import type { Keyring } from "../keyring.ts";
import { resolveInstance } from "../resolve.ts";
import { createOperationCounts, type OperationCounts } from "./operations.ts";
import { createSampler, type Sampler, type SamplerPorts } from "./sampler.ts";

type Ports = Omit<SamplerPorts, "openMeter"> & { readonly guests: Pick<Guests, "meter">; readonly keyring: Keyring };

export function startMetering(ports: Ports): {
  readonly sampler: Sampler;
  readonly operations: OperationCounts;
  close(): void;
} {
  const { dispatcher, guests, keyring, log } = ports;
  const operations = createOperationCounts();
  const unsubscribe = log.subscribe(operations.add);
  const sampler = createSampler({
    ...ports,
    openMeter: async (id, signal) =>
      guests.meter(id, await addressOf(keyring, resolveInstance(dispatcher.world(), id)), signal),
  });
  const close = () => {
    unsubscribe();
    sampler.close();
  };
  return { sampler, operations, close };
}
