/** Another name. History, disk and address stay. */
import { useSignal } from "@preact/signals";
import { parseName } from "../../model/name.ts";
import { Field } from "../components/field.tsx";
import { useStore } from "../store/store.ts";
import type { VerbDialogProps } from "./dialogs.tsx";
import { faultOf, VerbDialog } from "./verb-dialog.tsx";

export function RenameDialog({ verb, instances, onClose }: VerbDialogProps) {
  const { api, router } = useStore();
  const before = instances[0]?.name ?? "";
  const name = useSignal(before);
  const wanted = name.value.trim();
  const fault = faultOf(wanted, parseName);
  const send = async ({ id }: { id: string }) => {
    const answer = await api.call("instance.rename", { command: api.newCommand(), instance: id, name: wanted });
    const { route } = router;
    if (route.value.page === "instance" && route.value.name === before) router.go({ ...route.value, name: wanted });
    return answer;
  };
  return (
    <VerbDialog
      verb={verb}
      instances={instances}
      title={`Rename ${before}`}
      isWrong={fault !== undefined || wanted === "" || wanted === before}
      words={["rename", before, wanted || "NAME"]}
      send={send}
      onClose={onClose}
    >
      <Field
        label="New name"
        value={name.value}
        onInput={(text) => (name.value = text)}
        fault={fault}
        help="the host name inside changes at the next start"
        autofocus
      />
    </VerbDialog>
  );
}
