/** What takes space on the disk, by what it is for. */
import { Problem } from "../../components/problem.tsx";
import { formatSize } from "../../../model/size.ts";
import { useStore } from "../../store/store.ts";
import { useAnswer } from "../../store/use.ts";

export function Space() {
  const { api } = useStore();
  const { value, error } = useAnswer(() => api.call("daemon.usage", {}), []);
  const usage = value.value;
  const parts = usage?.parts.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes) ?? [];
  return (
    <section class="card">
      <h2>Space</h2>
      <Problem error={error.value} />
      {usage && (
        <>
          <p class="figure">{formatSize(usage.bytes)}</p>
          <p class="muted">
            {formatSize(usage.freeBytes)} of {formatSize(usage.totalBytes)} are free
          </p>
          <ul class="bars">
            {parts.map(({ kind, bytes }) => (
              <li key={kind}>
                <span>{kind}</span>
                <span class="bar" aria-hidden="true">
                  <span style={{ width: `${(100 * bytes) / usage.bytes}%` }} />
                </span>
                <span class="muted">{formatSize(bytes)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
