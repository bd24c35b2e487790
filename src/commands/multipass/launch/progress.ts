/** What the spinner of `multipass launch` says while the instance comes into being. */
import type { ShownProgress } from "../../../model/operation.ts";
import type { Spinner } from "../spinner.ts";

/** By step of the operation. */
const texts: Readonly<Record<string, (name: string) => string>> = {
  image: (name) => `Preparing image for ${name}`,
  disk: (name) => `Configuring ${name}`,
  boot: (name) => `Starting ${name}`,
  reachable: (name) => `Starting ${name}`,
  "cloud-init": () => "Waiting for initialization to complete",
};

/** Draws one line that goes on counting; each percent once. */
export function percentLine(spinner: Spinner, label: string): (done: number, total: number) => void {
  let shown = -1;
  return (done, total) => {
    const percent = total > 0 ? Math.floor((Math.min(done, total) / total) * 100) : 0;
    if (percent === shown) return;
    shown = percent;
    spinner.update(`${label}${percent}%`);
  };
}

/** `name`: of the instance, as far as it is known. */
export function launchProgress(name: () => string): (progress: ShownProgress, spinner: Spinner) => void {
  let retrieving: ReturnType<typeof percentLine> | undefined;
  return (progress, spinner) => {
    if (progress.kind === "bytes") {
      retrieving ??= percentLine(spinner, "Retrieving image: ");
      retrieving(progress.done, progress.total);
      if (progress.done >= progress.total && progress.total > 0) spinner.start("Verifying image");
    }
    if (progress.kind !== "step") return;
    const text = progress.detail === "extracting" ? () => "Extracting image" : texts[progress.step];
    if (text) spinner.start(text(name()));
  };
}
