/** What stands where there is nothing: why, and what to do about it. */
import type { ComponentChildren } from "preact";
import { Icon } from "./icon.tsx";
import type { IconName } from "./icon-shapes.ts";

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Shown while an answer is awaited; nothing for the first moments, so that quick answers do not flicker. */
export const Waiting = ({ what }: { what: string }) => (
  <p class="waiting" role="status">
    <Icon name="loader-circle" turns /> Asking for {what}…
  </p>
);
