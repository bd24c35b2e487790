/** Sends a change whose answer was lost once more under the same command, so that the daemon answers it instead of doing it twice. */
import { goneCode, isCode } from "../api/faults.ts";

export interface Again {
  /** `request`: what it says; another text is another change. Throws what `send` throws. */
  <Answer>(request: unknown, send: (command: string) => Promise<Answer>): Promise<Answer>;
}

export function createAgain(api: { newCommand(): string }): Again {
  let lost: { readonly text: string; readonly command: string } | undefined;
  return async (request, send) => {
    const text = JSON.stringify(request);
    const command = lost?.text === text ? lost.command : api.newCommand();
    try {
      const answer = await send(command);
      lost = undefined;
      return answer;
    } catch (error) {
      lost = isCode(error, goneCode) ? { text, command } : undefined;
      throw error;
    }
  };
}
