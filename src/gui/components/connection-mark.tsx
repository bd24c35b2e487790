/** Whether the daemon is heard: live, lost and tried again, or over. */
import { useStore } from "../store/store.ts";
import { CommandLine } from "./command-line.tsx";
import { Icon } from "./icon.tsx";

export function ConnectionMark() {
  const { line } = useStore();
  const connection = line.connection.value;
  switch (connection.kind) {
    case "connecting":
      return <Mark tone="busy" text="connecting" />;
    case "live":
      return <Mark tone="ok" text="live" />;
    case "lost":
      return <Mark tone="bad" text="reconnecting" title={`${connection.why}; tries so far: ${connection.attempts}`} />;
    case "ended":
      return <Mark tone="bad" text="session ended" />;
  }
}

function Mark({ tone, text, title }: { tone: string; text: string; title?: string }) {
  return (
    <span class={`connection tone-${tone}`} role="status" title={title}>
      <span class="pulse" aria-hidden="true" />
      <span>{text}</span>
    </span>
  );
}

/** Stands above the page while what is shown may be old. Nothing that was typed is lost. */
export function ConnectionNotice() {
  const { line } = useStore();
  const connection = line.connection.value;
  if (connection.kind === "lost" && connection.attempts > 1) {
    return (
      <div class="notice warn" role="status">
        <Icon name="unplug" />
        <p>
          The daemon does not answer ({connection.why}). What you see is how it was; this window tries again by itself,
          and keeps what you typed. Machines run on meanwhile.
        </p>
        <CommandLine line="strata daemon status" />
      </div>
    );
  }
  if (connection.kind === "ended") {
    return (
      <div class="notice bad" role="alert">
        <Icon name="lock" />
        <p>This window’s session has ended. What you see is how it was; nothing can be changed from here any more.</p>
        <CommandLine line="strata gui" />
      </div>
    );
  }
  return null;
}
