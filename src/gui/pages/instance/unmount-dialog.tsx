/** Takes a mount away: in order, or also while something inside uses it. */
import { useSignal } from "@preact/signals";
import type { InstanceView } from "../../../model/view.ts";
import { Check } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { useStore } from "../../store/store.ts";

interface UnmountDialogProps {
  readonly instance: InstanceView;
  readonly target: string;
  readonly onClose: () => void;
}

export function UnmountDialog({ instance: { id, name }, target, onClose }: UnmountDialogProps) {
  const { api, accepted } = useStore();
  const force = useSignal(false);
  const send = async () => {
    const input = { command: api.newCommand(), instance: id, target, force: force.value };
    accepted(await api.call("instance.unmount", input), `unmount ${target}`);
  };
  return (
    <FormDialog
      title={`Unmount ${target}`}
      label="Unmount"
      icon="x"
      tone={force.value ? "danger" : "main"}
      words={["umount", ...(force.value ? ["--force"] : []), `${name}:${target}`]}
      send={send}
      onClose={onClose}
    >
      <p>The folder of this machine stays as it is. It can be undone.</p>
      <Check
        label="By force"
        help="also while something inside uses it, which gets errors then"
        checked={force.value}
        onChange={(checked) => (force.value = checked)}
      />
    </FormDialog>
  );
}
