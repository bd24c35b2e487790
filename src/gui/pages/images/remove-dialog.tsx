/** Removes an image that no instance stands on. */
import { Button } from "../../components/button.tsx";
import { CommandLine } from "../../components/command-line.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Problem } from "../../components/problem.tsx";
import { lineOf } from "../../../model/shell-line.ts";
import { formatSize } from "../../../model/size.ts";
import type { ImageRow } from "../../pure/images.ts";
import { useStore } from "../../store/store.ts";
import { useSending } from "../../store/use.ts";

export function RemoveImageDialog({ row, onClose }: { row: ImageRow; onClose: () => void }) {
  const { api, images, toasts } = useStore();
  const { send, error, isBusy } = useSending();
  const remove = () =>
    void send(async () => {
      await api.call("image.remove", { command: api.newCommand(), image: row.sha256 ?? row.name });
      await images.expire();
      toasts.show({ tone: "ok", title: `Removed ${row.title}` });
      onClose();
    });
  const footer = (
    <>
      <Button onClick={onClose}>Keep it</Button>
      <Button tone="danger" icon="trash-2" type="submit" isBusy={isBusy.value}>
        Remove
      </Button>
    </>
  );
  return (
    <Dialog title={`Remove ${row.title}`} onClose={onClose} onSubmit={remove} footer={footer}>
      <p>
        Frees {row.bytes === undefined ? "its space" : formatSize(row.bytes)}. It is fetched again when a machine is
        launched from it.
      </p>
      <Problem error={error.value} />
      <CommandLine line={lineOf(["strata", "images", "delete", row.name])} />
    </Dialog>
  );
}
