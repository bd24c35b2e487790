/** The licences of everything the executable carries. */

export async function licenses(): Promise<string> {
  throw new Error("bug: licences are not wired yet");
}
