/** Where the focus goes when what had it is gone: who uses the keyboard must not begin at the top of the page again. */

/** After the next drawing, when nothing has the focus: back to `before`, else to the page's table, else to the page. */
export function focusAgain(before?: Element | null): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    const isThere = before instanceof HTMLElement && before.isConnected && before !== document.body;
    if (isThere) before.focus();
    if (document.activeElement === document.body && !focusTable()) document.getElementById("main")?.focus();
  });
}

/** The row of the page's table that the keyboard is at. False: there is none. */
export function focusTable(): boolean {
  const row = document.querySelector<HTMLElement>("main .grid-row[tabindex='0']");
  row?.focus();
  return row !== null;
}
