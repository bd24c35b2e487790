/** Light, dark or as the system has it; remembered by this browser. */
import { effect, signal } from "@preact/signals";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const key = "strata.theme";

export function createTheme() {
  const theme = signal<Theme>(themes.find((each) => each === localStorage.getItem(key)) ?? "system");
  effect(() => {
    // The attribute, not the style: the bundler ties light-dark() to rules that it sees.
    if (theme.value === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.dataset["theme"] = theme.value;
    localStorage.setItem(key, theme.value);
  });
  return theme;
}
