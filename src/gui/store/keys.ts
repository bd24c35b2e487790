/** Listens to the keys of the whole page. None of them counts while a field, a dialog, a menu or a terminal has the focus, save Ctrl K. */
import { focusTable } from "../components/focus.ts";
import { keyWord } from "../pure/keys.ts";
import type { Store } from "./store.ts";

/** Answers how to stop. */
export function listenToKeys(store: Store): () => void {
  const { overlay, router, verbs, isDrawerOpen, keys, time } = store;
  const actions: Readonly<Record<string, () => unknown>> = {
    n: () => (overlay.value = "launch"),
    "?": () => (overlay.value = "keys"),
    u: () => verbs.undo(),
    h: () => router.go({ page: "history" }),
    "[": () => void time.step(-1),
    "]": () => void time.step(1),
    Escape: () => void time.visit(undefined),
    j: focusTable,
    k: focusTable,
    g: () => (isDrawerOpen.value = !isDrawerOpen.value),
    "/": () => document.querySelector<HTMLElement>("main input[type=search]")?.focus(),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const word = keyWord(event);
    if (event.defaultPrevented || isInTerminal(event.target)) return;
    const isPalette = word === "Ctrl+k";
    if (!isPalette && (isTyping(event.target) || document.querySelector("dialog[open], .menu:popover-open"))) return;
    const act = isPalette ? () => (overlay.value = "palette") : (keys.get(word) ?? actions[word]);
    if (!act) return;
    event.preventDefault();
    act();
  };
  document.addEventListener("keydown", onKeyDown);
  return () => document.removeEventListener("keydown", onKeyDown);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
const isInTerminal = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest(".xterm") !== null;
