/** The top bar: the palette, the time bar, and whether the daemon is heard. */
import { TimeBar } from "../time/bar.tsx";
import { useStore } from "../store/store.ts";
import { Button } from "./button.tsx";
import { ConnectionMark } from "./connection-mark.tsx";
import { Icon } from "./icon.tsx";

export function TopBar() {
  const { overlay } = useStore();
  return (
    <header class="top-bar">
      <button type="button" class="search" onClick={() => (overlay.value = "palette")}>
        <Icon name="search" size={15} />
        <span>Search or do…</span>
        <kbd>Ctrl K</kbd>
      </button>
      <TimeBar />
      <ConnectionMark />
      <Button icon="keyboard" tone="quiet" label="Keys" onClick={() => (overlay.value = "keys")} />
      <Button icon="plus" tone="main" onClick={() => (overlay.value = "launch")}>
        Launch
      </Button>
    </header>
  );
}
