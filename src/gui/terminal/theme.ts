/** The colours of a terminal, as the page has them where it stands. */
import type { ITheme } from "@xterm/xterm";

export function themeOf(element: Element): ITheme {
  const style = getComputedStyle(element);
  return { background: style.backgroundColor, foreground: style.color, cursor: style.caretColor };
}
