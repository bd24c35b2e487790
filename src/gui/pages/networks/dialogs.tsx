/** A new network, and the end of one. */
import { useSignal } from "@preact/signals";
import { parseName } from "../../../model/name.ts";
import { Field, Select } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { useStore } from "../../store/store.ts";
import { faultOf } from "../../verbs/verb-dialog.tsx";

export function CreateNetworkDialog({ onClose }: { onClose: () => void }) {
  const { api, accepted } = useStore();
  const [name, subnet, kind] = [useSignal(""), useSignal(""), useSignal<"nat" | "isolated">("isolated")];
  const [wanted, range] = [name.value.trim(), subnet.value.trim()];
  const fault = faultOf(wanted, parseName);
  const send = async () => {
    const input = { command: api.newCommand(), name: wanted, kind: kind.value, ...(range !== "" && { subnet: range }) };
    accepted(await api.call("network.create", input), `network ${wanted}`);
  };
  return (
    <FormDialog
      title="New network"
      label="Create"
      icon="plus"
      words={["network", "create", wanted || "NAME", `--${kind.value}`, ...(range ? ["--subnet", range] : [])]}
      isWrong={wanted === "" || fault !== undefined}
      send={send}
      onClose={onClose}
    >
      <Field label="Name" value={name.value} onInput={(text) => (name.value = text)} fault={fault} autofocus />
      <Select
        label="Kind"
        value={kind.value}
        onChange={(value) => (kind.value = value === "nat" ? "nat" : "isolated")}
        choices={[
          ["isolated", "isolated: its instances see only each other"],
          ["nat", "nat: they see the outside too"],
        ]}
      />
      <Field
        label="Addresses"
        value={subnet.value}
        onInput={(text) => (subnet.value = text)}
        placeholder="chosen"
        help="for example 10.90.0.0/24"
      />
    </FormDialog>
  );
}

export function DeleteNetworkDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { api, accepted } = useStore();
  const send = async () =>
    accepted(await api.call("network.delete", { command: api.newCommand(), name }), `network ${name}`);
  return (
    <FormDialog
      title={`Delete network ${name}`}
      label="Delete"
      icon="trash-2"
      tone="danger"
      words={["network", "delete", name]}
      send={send}
      onClose={onClose}
    >
      <p>It can be undone: the network is there again then, with its addresses.</p>
    </FormDialog>
  );
}
