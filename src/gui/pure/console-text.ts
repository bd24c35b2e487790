/** What a machine prints, as text that can be shown: no sequence of a guest's moves, colours or rings anything here. */

const [escape, bell] = [String.fromCharCode(27), String.fromCharCode(7)];
/** ECMA-48: CSI, OSC, the other strings, then escapes of a few letters. */
const sequences = new RegExp(
  [
    `${escape}\\[[0-?]*[ -/]*[@-~]`,
    `${escape}\\][^${bell}${escape}]*(?:${bell}|${escape}\\\\)`,
    `${escape}[PX^_][^${escape}]*${escape}\\\\`,
    `${escape}[ -/]*[0-~]`,
  ].join("|"),
  "g",
);
const controls = /\p{Cc}/gu;

/** Lines and tabs stay. */
export const plainText = (text: string): string =>
  text.replaceAll(sequences, "").replaceAll(controls, (letter) => (letter === "\n" || letter === "\t" ? letter : ""));

/** Base64 as bytes. */
export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
