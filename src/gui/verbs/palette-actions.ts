/** What the palette offers: pages and general things first, then each instance with what makes sense for it. */
import type { Entry } from "../pure/palette.ts";
import { fitting } from "../pure/verbs.ts";
import type { IconName } from "../components/icon-shapes.ts";
import type { Store } from "../store/store.ts";

export interface Action extends Entry {
  readonly icon: IconName;
  run(): void;
}

export function actionsOf(store: Store): readonly Action[] {
  return [
    ...generalActions(store),
    ...store.shown.instances.value.flatMap((instance) => {
      const { id, name } = instance;
      const open: Action = {
        id,
        title: name,
        about: `open: ${instance.state}`,
        icon: "server",
        run: () => store.router.go({ page: "instance", name, tab: "overview" }),
      };
      const terminal: Action = {
        id: `${id} terminal`,
        title: `Terminal of ${name}`,
        about: "a shell inside",
        icon: "terminal",
        run: () => store.router.go({ page: "instance", name, tab: "terminal" }),
      };
      if (store.whyFixed.value !== undefined) return [open];
      const doing = fitting(instance).map((verb) => ({
        id: `${id} ${verb.name}`,
        title: `${verb.label} ${name}`,
        about: verb.about,
        icon: verb.icon,
        run: () => store.verbs.run(verb, [instance]),
      }));
      return [open, ...(instance.power === "running" ? [terminal] : []), ...doing];
    }),
  ];
}

function generalActions({ router, overlay, verbs, plan, theme, isDrawerOpen }: Store): readonly Action[] {
  const go = (page: "instances" | "history" | "images" | "networks" | "settings", icon: IconName): Action => ({
    id: page,
    title: page.charAt(0).toUpperCase() + page.slice(1),
    about: "open the page",
    icon,
    run: () => router.go({ page }),
  });
  return [
    { id: "launch", title: "Launch an instance", about: "n", icon: "plus", run: () => (overlay.value = "launch") },
    { id: "undo", title: "Undo the last change", about: "u", icon: "undo-2", run: () => verbs.undo() },
    {
      id: "redo",
      title: "Redo what was undone",
      about: "shows it first",
      icon: "rotate-cw",
      run: () => (plan.value = { kind: "redo" }),
    },
    go("instances", "server"),
    go("history", "history"),
    go("images", "hard-drive"),
    go("networks", "network"),
    go("settings", "settings"),
    { id: "operations", title: "Operations", about: "g", icon: "list-checks", run: () => (isDrawerOpen.value = true) },
    { id: "light", title: "Light theme", about: "", icon: "sun", run: () => (theme.value = "light") },
    { id: "dark", title: "Dark theme", about: "", icon: "moon", run: () => (theme.value = "dark") },
    { id: "system", title: "Theme of the system", about: "", icon: "monitor", run: () => (theme.value = "system") },
    { id: "keys", title: "Keys", about: "?", icon: "keyboard", run: () => (overlay.value = "keys") },
  ];
}
