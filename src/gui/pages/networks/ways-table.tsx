/** All ports and folders of this machine that lead into instances, with their health. */
import { useComputed } from "@preact/signals";
import { Icon } from "../../components/icon.tsx";
import { useStore } from "../../store/store.ts";
import { waysOf } from "../../pure/ways.ts";

export function WaysTable() {
  const { shown } = useStore();
  const ways = useComputed(() => waysOf(shown.instances.value));
  return (
    <section class="section">
      <h2>Ports and mounts</h2>
      {ways.value.length === 0 ? (
        <p class="muted">Nothing of this machine leads into an instance. Open one, and add a port or a folder there.</p>
      ) : (
        <div class="scrolls" tabIndex={0} role="region" aria-label="Ports and mounts">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Instance</th>
                <th scope="col">Of this machine</th>
                <th scope="col">Inside</th>
                <th scope="col">Kind</th>
                <th scope="col">Health</th>
              </tr>
            </thead>
            <tbody>
              {ways.value.map(({ instance, outside, inside, kind, health, why }) => (
                <tr key={`${instance} ${outside} ${inside}`}>
                  <td>
                    <a href={`#/instances/${encodeURIComponent(instance)}`}>{instance}</a>
                  </td>
                  <td>
                    <code>{outside}</code>
                  </td>
                  <td>
                    <code>{inside}</code>
                  </td>
                  <td>{kind}</td>
                  <td>
                    <span class={`mark tone-${health === "bad" ? "bad" : health === "ok" ? "ok" : "quiet"}`}>
                      <Icon
                        name={health === "bad" ? "triangle-alert" : health === "ok" ? "circle-check" : "clock"}
                        size={15}
                      />
                      <span>{why}</span>
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
