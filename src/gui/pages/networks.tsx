/** Networks and what leads in: networks with who is in them, ports, mounts, interfaces of the host, and what is wrong with any of them. */
import { useSignal } from "@preact/signals";
import { Button } from "../components/button.tsx";
import { Waiting } from "../components/empty.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Problem } from "../components/problem.tsx";
import { useStore } from "../store/store.ts";
import { useAnswer, useShown } from "../store/use.ts";
import { Checks } from "./networks/checks.tsx";
import { CreateNetworkDialog, DeleteNetworkDialog } from "./networks/dialogs.tsx";
import { NetworkCard } from "./networks/network-card.tsx";
import { WaysTable } from "./networks/ways-table.tsx";

type Asking = { readonly kind: "create" } | { readonly kind: "delete"; readonly name: string } | undefined;

export function NetworksPage() {
  const { api, networks, shown, whyFixed } = useStore();
  const answer = useShown(networks, (at) => api.call("network.list", { at }));
  const asking = useSignal<Asking>(undefined);
  const close = () => (asking.value = undefined);
  const asked = asking.value;
  return (
    <>
      <PageHead title="Networks" about="Who reaches whom, and what of this machine leads in.">
        <Button icon="plus" disabled={whyFixed.value !== undefined} onClick={() => (asking.value = { kind: "create" })}>
          New network
        </Button>
      </PageHead>
      <Problem error={answer.error} />
      {answer.value === undefined && answer.error === undefined && <Waiting what="networks" />}
      <div class="cards">
        {answer.value?.networks.map((network) => (
          <NetworkCard
            key={network.name}
            network={network}
            onDelete={() => (asking.value = { kind: "delete", name: network.name })}
          />
        ))}
      </div>
      <WaysTable />
      {!shown.isPast.value && <OfTheHost />}
      {asked?.kind === "create" && <CreateNetworkDialog onClose={close} />}
      {asked?.kind === "delete" && <DeleteNetworkDialog name={asked.name} onClose={close} />}
    </>
  );
}

/** Nothing records what else the host had. */
function OfTheHost() {
  const { api } = useStore();
  const host = useAnswer(() => api.call("host.interfaces", {}), []);
  return (
    <>
      <section class="section">
        <h2>Interfaces of this machine</h2>
        {host.value.value?.why !== undefined && <p class="muted">{host.value.value.why}</p>}
        <Problem error={host.error.value} />
        <ul class="plain-list">
          {host.value.value?.interfaces.map(({ name, type, description, isUsable, needsBridge }) => (
            <li key={name}>
              <code>{name}</code> <span>{description || type}</span>{" "}
              <span class="muted">
                {isUsable ? (needsBridge ? "usable, with a bridge made for it" : "usable") : "not usable"}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <Checks />
    </>
  );
}
