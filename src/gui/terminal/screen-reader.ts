/** Whether terminals tell what they show to screen readers; remembered by this browser. */
import { effect, signal } from "@preact/signals";

const key = "strata.screen-reader";

export const isScreenReader = signal(localStorage.getItem(key) === "yes");
effect(() => {
  localStorage.setItem(key, isScreenReader.value ? "yes" : "no");
});
