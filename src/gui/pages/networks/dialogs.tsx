/** A new network, and the end of one. */
import { useSignal } from "@preact/signals";
import { parseName } from "../../../model/name.ts";
import { lineOf } from "../../../model/shell-line.ts";
import { Button } from "../../components/button.tsx";
import { CommandLine } from "../../components/command-line.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field, Select } from "../../components/field.tsx";
import { Problem } from "../../components/problem.tsx";
import { useStore } from "../../store/store.ts";
import { useSending } from "../../store/use.ts";
import { faultOf } from "../../verbs/verb-dialog.tsx";

export function CreateNetworkDialog({ onClose }: { onClose: () => void }) {
  const { api, accepted } = useStore();
  const { send, error, isBusy } = useSending();
  const [name, subnet, kind] = [useSignal(""), useSignal(""), useSignal<"nat" | "isolated">("isolated")];
  const [wanted, range] = [name.value.trim(), subnet.value.trim()];
  const fault = faultOf(wanted, parseName);
  const words = [wanted || "NAME", `--${kind.value}`, ...(range ? ["--subnet", range] : [])];
  const create = () =>
    void send(async () => {
      const input = {
        command: api.newCommand(),
        name: wanted,
        kind: kind.value,
        ...(range !== "" && { subnet: range }),
      };
      accepted(await api.call("network.create", input), `network ${wanted}`);
      onClose();
    });
  return (
    <Dialog
      title="New network"
      onClose={onClose}
      onSubmit={create}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            tone="main"
            type="submit"
            icon="plus"
            isBusy={isBusy.value}
            disabled={wanted === "" || fault !== undefined}
          >
            Create
          </Button>
        </>
      }
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
      <Problem error={error.value} />
      <CommandLine line={lineOf(["strata", "network", "create", ...words])} />
    </Dialog>
  );
}

export function DeleteNetworkDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { api, accepted } = useStore();
  const { send, error, isBusy } = useSending();
  const remove = () =>
    void send(async () => {
      accepted(await api.call("network.delete", { command: api.newCommand(), name }), `network ${name}`);
      onClose();
    });
  return (
    <Dialog
      title={`Delete network ${name}`}
      onClose={onClose}
      onSubmit={remove}
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button tone="danger" type="submit" icon="trash-2" isBusy={isBusy.value}>
            Delete
          </Button>
        </>
      }
    >
      <p>It can be undone: the network is there again then, with its addresses.</p>
      <Problem error={error.value} />
      <CommandLine line={lineOf(["strata", "network", "delete", name])} />
    </Dialog>
  );
}
