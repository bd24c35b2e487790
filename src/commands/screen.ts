/** The whole terminal as a command sees it. */

/** The whole terminal, until it is closed. */
export interface Screen {
  /** Aborts when the user wants to leave: q or Ctrl-C. */
  readonly left: AbortSignal;
  /** Lines that do not fit are left out. */
  draw(text: string): void;
  close(): void;
}
