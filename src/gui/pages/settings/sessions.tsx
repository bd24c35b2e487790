/** Who is signed in at the window, and the end of a session. */
import { Button } from "../../components/button.tsx";
import { Problem } from "../../components/problem.tsx";
import { ago } from "../../pure/when.ts";
import { useStore } from "../../store/store.ts";
import { useAnswer, useSending } from "../../store/use.ts";
import { useSignal } from "@preact/signals";

export function WindowSessions() {
  const { api, nowMs } = useStore();
  const turn = useSignal(0);
  const { value, error } = useAnswer(() => api.call("window.sessions", {}), [turn.value]);
  const sending = useSending();
  const revoke = (session: string) =>
    void sending.send(async () => {
      await api.call("window.revoke", { session });
      turn.value += 1;
    });
  return (
    <section class="card">
      <h2>Signed in</h2>
      <Problem error={error.value ?? sending.error.value} />
      <ul class="plain-list">
        {value.value?.sessions.map(({ id, user, since, used, program }) => (
          <li key={id}>
            <span>
              <strong>{user}</strong> <code>{id}</code>
              <small class="muted">
                since {ago(since, nowMs.value)}, used {ago(used, nowMs.value)}
                {program !== undefined && `, asked for by ${program}`}
              </small>
            </span>
            <Button tone="quiet" icon="log-out" label={`End session ${id}`} onClick={() => revoke(id)} />
          </li>
        ))}
      </ul>
      {value.value && value.value.refusals > 0 && (
        <p class="muted">{value.value.refusals} requests were turned away since the daemon started.</p>
      )}
    </section>
  );
}
