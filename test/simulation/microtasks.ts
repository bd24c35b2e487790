/** Gives `count` turns to whatever waits for nothing but its turn. */
export async function microtasks(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}
