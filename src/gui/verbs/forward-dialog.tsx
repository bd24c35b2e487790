/** A port of this machine that leads into an instance. */
import { useSignal } from "@preact/signals";
import { everywhere, loopback } from "../../model/forward.ts";
import { Field, Select } from "../components/field.tsx";
import { useStore } from "../store/store.ts";
import type { VerbDialogProps } from "./dialogs.tsx";
import { faultOf, VerbDialog } from "./verb-dialog.tsx";

const portMax = 65_535;

export function ForwardDialog({ verb, instances, onClose }: VerbDialogProps) {
  const { api } = useStore();
  const [guest, host, bind] = [useSignal("80"), useSignal(""), useSignal(loopback)];
  const protocol = useSignal<"tcp" | "udp">("tcp");
  const name = instances[0]?.name ?? "INSTANCE";
  const guestFault = faultOf(guest.value, parsePort);
  const hostFault = faultOf(host.value, parsePort);
  const from = host.value.trim() === "" ? 0 : Number(host.value);
  const isLocal = bind.value === loopback;
  const shown = `${isLocal ? "" : `${bind.value}:`}${from === 0 && isLocal ? "" : `${from}:`}${guest.value}${protocol.value === "udp" ? "/udp" : ""}`;
  return (
    <VerbDialog
      verb={verb}
      instances={instances}
      title={`Forward a port to ${name}`}
      isWrong={guestFault !== undefined || hostFault !== undefined || guest.value.trim() === ""}
      words={["forward", name, shown]}
      send={({ id }) =>
        api.call("forward.add", {
          command: api.newCommand(),
          instance: id,
          protocol: protocol.value,
          bind: bind.value,
          host: from,
          guest: Number(guest.value),
        })
      }
      onClose={onClose}
    >
      <Field
        label="Port inside"
        value={guest.value}
        onInput={(text) => (guest.value = text)}
        fault={guestFault}
        inputMode="numeric"
        autofocus
      />
      <Field
        label="Port of this machine"
        value={host.value}
        onInput={(text) => (host.value = text)}
        placeholder="one that is free"
        fault={hostFault}
        inputMode="numeric"
      />
      <Select
        label="Reached from"
        value={bind.value}
        onChange={(value) => (bind.value = value)}
        choices={[
          [loopback, "this machine alone"],
          [everywhere, "everywhere"],
        ]}
      />
      <Select
        label="Protocol"
        value={protocol.value}
        onChange={(value) => (protocol.value = value === "udp" ? "udp" : "tcp")}
        choices={[
          ["tcp", "TCP"],
          ["udp", "UDP"],
        ]}
      />
    </VerbDialog>
  );
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= portMax) return port;
  throw new Error(`a number from 1 to ${portMax}`);
}
