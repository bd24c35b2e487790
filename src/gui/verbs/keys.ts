/** The keys that mean a verb while an instance is what is looked at. */
import type { InstanceView } from "../../model/view.ts";
import { verbs } from "../pure/verbs.ts";
import type { Store } from "../store/store.ts";

/** True: the key was ours. */
export function keyOnInstance(store: Store, key: string, instance: InstanceView): boolean {
  const { name } = instance;
  if (key === "t") toTerminal(store, name);
  else if (key === "h") store.router.go({ page: "instance", name, tab: "history" });
  else {
    const verb = verbs.find((each) => each.key === key && each.fits(instance));
    if (!verb || store.whyFixed.value !== undefined) return false;
    store.verbs.run(verb, [instance]);
  }
  return true;
}

/** Into it where it is shown already; else it takes the focus as soon as it is there. */
function toTerminal({ router }: Store, name: string): void {
  const screen = document.querySelector<HTMLElement>("#panel .xterm-helper-textarea");
  if (screen) return screen.focus();
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  router.go({ page: "instance", name, tab: "terminal" });
}
