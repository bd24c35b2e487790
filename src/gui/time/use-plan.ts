/** Sends what a plan was shown for, once at a time, and closes the panel when it was accepted. */
import type { Accepted } from "../../api/contract.ts";
import { useStore } from "../store/store.ts";
import { useSending } from "../store/use.ts";

export function usePlan() {
  const { plan, accepted } = useStore();
  const { isBusy, error, send } = useSending();
  const run = (what: string, request: () => Promise<Accepted>) =>
    void send(async () => {
      accepted(await request(), what);
      plan.value = undefined;
    });
  return { isBusy, error, run };
}
