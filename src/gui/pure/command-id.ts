/** Ids of commands (UUID version 7, RFC 9562, 5.7): a changing call that is sent twice runs once. */

/** `chance`: 10 random bytes. `nowMs`: since 1970, as the time part. */
export function commandId(nowMs: number, chance: Uint8Array): string {
  const time = Math.trunc(nowMs).toString(16).padStart(12, "0");
  const hex = [...chance].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = ((Number.parseInt(hex.charAt(3), 16) & 0x3) | 0x8).toString(16);
  return [time.slice(0, 8), time.slice(8), `7${hex.slice(0, 3)}`, variant + hex.slice(4, 7), hex.slice(7, 19)].join(
    "-",
  );
}
