/** Why something cannot be reached: the doctor's checks, on demand. */
import { useSignal } from "@preact/signals";
import type { Check } from "../../../model/check.ts";
import { Button } from "../../components/button.tsx";
import { CommandLine } from "../../components/command-line.tsx";
import { Icon } from "../../components/icon.tsx";
import { Problem } from "../../components/problem.tsx";
import { useStore } from "../../store/store.ts";
import { useSending } from "../../store/use.ts";

const looks = {
  ok: { icon: "circle-check", tone: "ok" },
  warn: { icon: "triangle-alert", tone: "warn" },
  fail: { icon: "circle-x", tone: "bad" },
} as const;

export function Checks() {
  const { api } = useStore();
  const { send, error, isBusy } = useSending();
  const checks = useSignal<readonly Check[] | undefined>(undefined);
  const run = () => void send(async () => void (checks.value = (await api.call("daemon.doctor", {})).checks));
  return (
    <section class="section">
      <h2>Why can I not reach it?</h2>
      <p class="muted">The doctor looks at this machine, the data and what is left over.</p>
      <div class="toolbar">
        <Button icon="activity" isBusy={isBusy.value} onClick={run}>
          Run the doctor
        </Button>
        <CommandLine line="strata doctor" />
      </div>
      <Problem error={error.value} />
      <ul class="checks">
        {checks.value?.map((check) => (
          <li key={check.name}>
            <span class={`mark tone-${looks[check.verdict].tone}`}>
              <Icon name={looks[check.verdict].icon} size={15} />
              <span>{check.verdict}</span>
            </span>
            <span>
              <strong>{check.name}</strong> {check.found}
            </span>
            {check.next !== undefined && <CommandLine line={check.next} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
