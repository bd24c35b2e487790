/** A guest's console made harmless for the terminal it is shown on: text, line ends and colours, nothing that moves or answers. */
/* oxlint-disable no-control-regex */

/** A sequence that is cut off by the end of a piece waits for its rest; one longer than this is taken for text. */
const pendingCharactersMax = 64;
/** Escape sequences as ECMA-48 forms them (CSI, strings, two characters and more), then every control that stands alone. */
const risky =
  /\u001b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-OQ-WYZ\\`-~])|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
const color = /^\u001b\[[0-9;:]*m$/;
/** The beginning of a sequence at the end of a piece. */
const unfinished = /\u001b(?:\[[0-9;:?<=>]*[ -/]*|[\]PX^_][^\u0007\u001b]*\u001b?|[ -/]*)$/;

/** Takes pieces of bytes in order, answers what may be shown of each. */
export function createConsoleFilter(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder();
  let pending = "";
  return (bytes) => {
    const text = pending + decoder.decode(bytes, { stream: true });
    const rest = unfinished.exec(text)?.[0] ?? "";
    pending = rest.length > pendingCharactersMax ? "" : rest;
    const whole = text.slice(0, text.length - pending.length);
    return whole.replaceAll(risky, (found) => (color.test(found) ? found : ""));
  };
}
