/** The command line that does the same as the dialog it stands in. */
import { CopyButton } from "./button.tsx";

export function CommandLine({ line }: { line: string }) {
  return (
    <div class="command-line">
      <span class="prompt" aria-hidden="true">
        $
      </span>
      <code aria-label="The same as a command">{line}</code>
      <CopyButton text={line} what="the command" />
    </div>
  );
}
