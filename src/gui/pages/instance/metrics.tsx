/** What a running guest says of its load, memory and disk. */
import { formatSize } from "../../../model/size.ts";
import type { InstanceView } from "../../../model/view.ts";
import { Empty, Waiting } from "../../components/empty.tsx";
import { Problem } from "../../components/problem.tsx";
import { useStore } from "../../store/store.ts";
import { useAnswer } from "../../store/use.ts";

/** Asked anew so often while it is looked at. */
const everyMs = 5_000;

export function Metrics({ instance }: { instance: InstanceView }) {
  const { api, nowMs } = useStore();
  const isRunning = instance.power === "running";
  const { value, error } = useAnswer(
    async () => (isRunning ? api.call("instance.facts", { instances: [instance.id] }) : []),
    [instance.id, isRunning, Math.floor(nowMs.value / everyMs)],
  );
  if (!isRunning) return <Empty icon="chart-line" title="It does not run, so there is nothing to measure" />;
  if (error.value !== undefined) return <Problem error={error.value} />;
  const [answer] = value.value ?? [];
  if (!answer) return <Waiting what="what the guest says" />;
  if (!answer.facts) {
    return (
      <Empty icon="chart-line" title="The guest does not say">
        <p>{answer.failure?.message}</p>
      </Empty>
    );
  }
  const { load, memory, disk, release } = answer.facts;
  return (
    <div class="cards">
      <section class="card">
        <h2>Load</h2>
        <p class="figure">{load?.[0] ?? "–"}</p>
        <p class="muted">{load ? `${load[1]} over five minutes, ${load[2]} over fifteen` : "not said"}</p>
      </section>
      <Share title="Memory" part={memory} />
      <Share title="Disk" part={disk} />
      {release !== undefined && (
        <section class="card">
          <h2>System</h2>
          <p>{release}</p>
        </section>
      )}
    </div>
  );
}

function Share({ title, part }: { title: string; part: { usedBytes: number; totalBytes: number } | undefined }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {part ? (
        <>
          <p class="figure">{formatSize(part.usedBytes)}</p>
          <meter
            value={part.usedBytes}
            max={part.totalBytes}
            high={part.totalBytes * 0.9}
            aria-label={`${title} in use`}
          />
          <p class="muted">of {formatSize(part.totalBytes)}</p>
        </>
      ) : (
        <p class="muted">not said</p>
      )}
    </section>
  );
}
