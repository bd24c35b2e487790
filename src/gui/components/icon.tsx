/** An icon, drawn with the colour of the text. It says nothing by itself: a word stands beside it, or its control has a name. */
import { type IconName, iconShapes } from "./icon-shapes.ts";

export function Icon({ name, size = 16, turns = false }: { name: IconName; size?: number; turns?: boolean }) {
  return (
    <svg
      class={turns ? "icon turns" : "icon"}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={iconShapes[name]} />
    </svg>
  );
}
