/** What the `xz` program makes of bytes. */
export const xz = (bytes: Uint8Array, ...words: string[]): Uint8Array => {
  const { stdout, success, stderr } = Bun.spawnSync(["xz", "-c", ...words], { stdin: bytes });
  if (!success) throw new Error(`xz: ${stderr.toString()}`);
  return new Uint8Array(stdout);
};
