/** The frame: rail, top bar, the page that the address names, the drawer of operations, and what lies above them all. */
import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { focusAgain } from "./components/focus.ts";
import { Drawer } from "./components/drawer.tsx";
import { KeyHelp } from "./components/key-help.tsx";
import { Palette } from "./components/palette.tsx";
import { Rail } from "./components/rail.tsx";
import { Toasts } from "./components/toasts.tsx";
import { TopBar } from "./components/top-bar.tsx";
import { HistoryPage } from "./pages/history.tsx";
import { ImagesPage } from "./pages/images.tsx";
import { InstancePage } from "./pages/instance/page.tsx";
import { InstancesPage } from "./pages/instances.tsx";
import { LaunchDialog } from "./pages/launch-dialog.tsx";
import { NetworksPage } from "./pages/networks.tsx";
import { SettingsPage } from "./pages/settings.tsx";
import { useStore } from "./store/store.ts";
import { listenToKeys } from "./store/keys.ts";
import { PastNotice } from "./time/bar.tsx";
import { PlanPanel } from "./time/plan-panel.tsx";
import { VerbDialogs } from "./verbs/dialogs.tsx";

export function App() {
  const store = useStore();
  useEffect(() => listenToKeys(store), [store]);
  useEffect(() => {
    const onMove = () => focusAgain();
    globalThis.addEventListener("hashchange", onMove);
    return () => globalThis.removeEventListener("hashchange", onMove);
  }, []);
  useSignalEffect(() => {
    document.title = titleOf(store.router.route.value);
  });
  return (
    <div class={store.shown.isPast.value ? "app past" : "app"}>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the page
      </a>
      <Rail />
      <TopBar />
      <main id="main" tabIndex={-1}>
        <PastNotice />
        <Page />
      </main>
      <Drawer />
      <Toasts />
      <Overlay />
      <VerbDialogs />
      <PlanPanel />
    </div>
  );
}

/** The fragment of the address is the route, so the jump is made by hand. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Page() {
  const route = useStore().router.route.value;
  switch (route.page) {
    case "instances":
      return <InstancesPage />;
    case "instance":
      return <InstancePage key={route.name} name={route.name} tab={route.tab} />;
    case "history":
      return <HistoryPage operation={route.operation} />;
    case "images":
      return <ImagesPage />;
    case "networks":
      return <NetworksPage />;
    case "settings":
      return <SettingsPage />;
  }
}

function Overlay() {
  const { overlay } = useStore();
  const close = () => (overlay.value = undefined);
  switch (overlay.value) {
    case "palette":
      return <Palette onClose={close} />;
    case "keys":
      return <KeyHelp onClose={close} />;
    case "launch":
      return <LaunchDialog onClose={close} />;
    case undefined:
      return null;
  }
}

function titleOf(route: ReturnType<typeof useStore>["router"]["route"]["value"]): string {
  const page = route.page === "instance" ? route.name : route.page.charAt(0).toUpperCase() + route.page.slice(1);
  return `${page} · strata`;
}
