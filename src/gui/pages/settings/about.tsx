/** The daemon behind this window, and the key that its log is signed with. */
import { useSignal } from "@preact/signals";
import { Button } from "../../components/button.tsx";
import { Problem } from "../../components/problem.tsx";
import { formatSize } from "../../../model/size.ts";
import { ago } from "../../pure/when.ts";
import { useStore } from "../../store/store.ts";
import { useSending } from "../../store/use.ts";

export function About() {
  const { api, status, line, nowMs } = useStore();
  const { send, error, isBusy } = useSending();
  const seal = useSignal<string | undefined>(undefined);
  const daemon = status.value;
  if (!daemon) return null;
  const rows = [
    ["version", `strata ${daemon.version}, protocol ${daemon.protocol}`],
    ["user", daemon.user],
    ["pid", String(daemon.pid)],
    ["runs since", ago(daemon.startedAt, nowMs.value)],
    ["memory", formatSize(daemon.memoryBytes)],
    ["data", daemon.directory],
    ["log", `${daemon.log.id}, ${line.position.value} events`],
    ["machines run by", daemon.accelerator?.name],
  ] as const;
  const makeSeal = () => void send(async () => void (seal.value = (await api.call("audit.seal", {})).key));
  return (
    <section class="card">
      <h2>About</h2>
      <dl class="facts">
        {rows.map(([label, value]) =>
          value === undefined ? null : (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
        {seal.value !== undefined && (
          <div>
            <dt>log key</dt>
            <dd>
              <code>{seal.value}</code>
            </dd>
          </div>
        )}
      </dl>
      <Problem error={error.value} />
      <Button icon="shield-check" isBusy={isBusy.value} onClick={makeSeal}>
        Seal the log now
      </Button>
    </section>
  );
}
