/** A guest's console made harmless for the terminal it is shown on: text, line ends and colours, nothing that moves or answers. */

/** A sequence that is cut off by the end of a piece waits for its rest; one longer than this is taken for text. */
const pendingCharactersMax = 64;
// oxlint-disable-next-line no-control-regex
const sequence =
  /\u001b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-OQ-WYZ\\`-~])/g;
// oxlint-disable-next-line no-control-regex
const color = /^\u001b\[[0-9;:]*m$/;
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]/g;
// oxlint-disable-next-line no-control-regex
const unfinished = /\u001b[^\u001b]*$/;

/** Takes pieces of bytes in order, answers what may be shown of each. */
export function createConsoleFilter(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder();
  let pending = "";
  return (bytes) => {
    const text = pending + decoder.decode(bytes, { stream: true });
    const shown = text.replaceAll(sequence, (found) => (color.test(found) ? found.replace("\u001b", "\ue000") : ""));
    pending = unfinished.exec(shown)?.[0] ?? "";
    if (pending.length > pendingCharactersMax) pending = "";
    const whole = shown.slice(0, shown.length - pending.length);
    // Colours were set aside as a private character, so that every other escape left over can go.
    return whole.replaceAll(control, "").replaceAll("\u001b", "").replaceAll("\ue000", "\u001b");
  };
}
