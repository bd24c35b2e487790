/** Removes an image that no instance stands on. */
import { formatSize } from "../../../model/size.ts";
import { FormDialog } from "../../components/form-dialog.tsx";
import type { ImageRow } from "../../pure/images.ts";
import { useStore } from "../../store/store.ts";

export function RemoveImageDialog({ row, onClose }: { row: ImageRow; onClose: () => void }) {
  const { api, images, toasts } = useStore();
  const send = async () => {
    await api.call("image.remove", { command: api.newCommand(), image: row.sha256 ?? row.name });
    await images.expire();
    toasts.show({ tone: "ok", title: `Removed ${row.title}` });
  };
  return (
    <FormDialog
      title={`Remove ${row.title}`}
      label="Remove"
      icon="trash-2"
      tone="danger"
      words={["images", "delete", row.name]}
      send={send}
      onClose={onClose}
    >
      <p>
        Frees {row.bytes === undefined ? "its space" : formatSize(row.bytes)}. It is fetched again when a machine is
        launched from it.
      </p>
    </FormDialog>
  );
}
