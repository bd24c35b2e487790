/** The dialog of the verb that asks something first. */
import { useStore } from "../store/store.ts";
import type { Asked } from "../store/actions.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { ForkDialog } from "./fork-dialog.tsx";
import { ForwardDialog } from "./forward-dialog.tsx";
import { LabelDialog } from "./label-dialog.tsx";
import { MountDialog } from "./mount-dialog.tsx";
import { RenameDialog } from "./rename-dialog.tsx";
import { SnapshotDialog } from "./snapshot-dialog.tsx";
import { StopLaterDialog } from "./stop-later-dialog.tsx";

export interface VerbDialogProps extends Asked {
  readonly onClose: () => void;
}

export function VerbDialogs() {
  const { verbs } = useStore();
  const asked = verbs.dialog.value;
  if (!asked) return null;
  const props = { ...asked, onClose: () => (verbs.dialog.value = undefined) };
  switch (asked.verb.name) {
    case "snapshot":
      return <SnapshotDialog {...props} />;
    case "fork":
      return <ForkDialog {...props} />;
    case "rename":
      return <RenameDialog {...props} />;
    case "label":
      return <LabelDialog {...props} />;
    case "mount":
      return <MountDialog {...props} />;
    case "forward":
      return <ForwardDialog {...props} />;
    case "stop-later":
      return <StopLaterDialog {...props} />;
    default:
      return <ConfirmDialog {...props} />;
  }
}
