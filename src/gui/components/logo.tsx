/** Three layers, one above the other. */

export const Logo = ({ size = 22 }: { size?: number }) => (
  <svg class="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
    <path class="layer-top" d="M4 9 16 3l12 6-12 6z" />
    <path class="layer-middle" d="M4 16l4-2 8 4 8-4 4 2-12 6z" />
    <path class="layer-base" d="M4 23l4-2 8 4 8-4 4 2-12 6z" />
  </svg>
);
