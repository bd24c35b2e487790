/** The launch form as a dialog. */
import { Dialog } from "../components/dialog.tsx";
import { LaunchFields, LaunchFoot, useLaunch } from "./launch-form.tsx";

export function LaunchDialog({ onClose }: { onClose: () => void }) {
  const launch = useLaunch(onClose);
  return (
    <Dialog
      title="Launch an instance"
      size="wide"
      onClose={onClose}
      onSubmit={launch.submit}
      footer={<LaunchFoot launch={launch} onCancel={onClose} />}
    >
      <LaunchFields launch={launch} />
    </Dialog>
  );
}
