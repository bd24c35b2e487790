/** One network, with who has which address in it. */
import type { NetworkView } from "../../../model/network.ts";
import { Button, CopyButton } from "../../components/button.tsx";
import { Icon } from "../../components/icon.tsx";
import { Problem } from "../../components/problem.tsx";
import { useStore } from "../../store/store.ts";
import { useAnswer } from "../../store/use.ts";

export function NetworkCard({ network, onDelete }: { network: NetworkView; onDelete: () => void }) {
  const { api, shown, whyFixed } = useStore();
  const at = shown.moment.value?.at;
  const { name, kind, subnet, createdAt, instances } = network;
  const { value, error } = useAnswer(() => api.call("network.show", { name, ...(at && { at }) }), [network, at]);
  return (
    <section class="card network-card">
      <header>
        <h2>{name}</h2>
        <span class={`mark tone-${kind === "nat" ? "ok" : "warn"}`}>
          <Icon name={kind === "nat" ? "network" : "lock"} size={15} />
          <span>{kind === "nat" ? "with a way out" : "isolated"}</span>
        </span>
        {createdAt !== undefined && (
          <Button
            tone="quiet"
            icon="trash-2"
            label={`Delete network ${name}`}
            title={instances > 0 ? "instances are in it" : `Delete network ${name}`}
            disabled={instances > 0 || whyFixed.value !== undefined}
            onClick={onDelete}
          />
        )}
      </header>
      <p>
        <code>{subnet}</code>
      </p>
      <Problem error={error.value} />
      {instances === 0 && <p class="muted">Nobody is in it.</p>}
      <ul class="plain-list">
        {value.value?.addresses.map(({ address, instance, isDetached, isStatic, state }) => (
          <li key={address}>
            <span class="address">
              <code>{address}</code>
              <CopyButton text={address} what={`the address of ${instance}`} />
            </span>
            <a href={`#/instances/${encodeURIComponent(instance)}`}>{instance}</a>{" "}
            <span class="muted">
              {[state, isStatic && "asked for", isDetached && "detached"].filter(Boolean).join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
