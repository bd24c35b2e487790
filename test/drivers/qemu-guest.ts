/** The hand inside a real guest: shell commands by its agent, for tests. */
import { systemSockets } from "../../src/sys/socket.ts";

const answerMs = 60_000;
const patienceMs = 200_000;

/** What a shell command printed. Waits until the guest has an agent that answers; throws when the command fails. */
export async function inGuest(path: string, script: string): Promise<string> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await execute(path, script);
    } catch (error) {
      if (error instanceof GuestError || performance.now() > deadline) throw error;
    }
  }
}

/** The command ran, and failed. */
class GuestError extends Error {}

async function execute(path: string, script: string): Promise<string> {
  const agent = await connect(path);
  try {
    const input = { path: "/bin/sh", arg: ["-c", script], "capture-output": true };
    const { pid } = (await agent.ask("guest-exec", input)) as { pid: number };
    for (;;) {
      const status = (await agent.ask("guest-exec-status", { pid })) as Status;
      if (!status.exited) continue;
      const text = (data?: string) => Buffer.from(data ?? "", "base64").toString();
      if (status.exitcode === 0) return text(status["out-data"]);
      throw new GuestError(`${script}: exit ${status.exitcode}: ${text(status["err-data"])}`);
    }
  } finally {
    agent.close();
  }
}

interface Status {
  readonly exited: boolean;
  readonly exitcode?: number;
  readonly "out-data"?: string;
  readonly "err-data"?: string;
}

/** One connection, synced first so that answers to an earlier one are skipped. */
async function connect(path: string) {
  const limit = AbortSignal.timeout(answerMs);
  let text = "";
  let wake = () => {};
  const data = (bytes: Uint8Array) => {
    text += Buffer.from(bytes).toString("latin1");
    wake();
  };
  const socket = await systemSockets.connect({ path }, { data, closed: () => wake() }, limit);
  const line = async (): Promise<string> => {
    for (;;) {
      const at = text.indexOf("\n");
      if (at >= 0) {
        const found = text.slice(0, at);
        text = text.slice(at + 1);
        return found;
      }
      limit.throwIfAborted();
      await new Promise<void>((resolve) => {
        wake = resolve;
        limit.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  };
  const say = (command: string, input: object) =>
    socket.write(`${JSON.stringify({ execute: command, arguments: input })}\n`);
  const id = Math.floor(performance.now() * 1000);
  say("guest-sync", { id });
  try {
    while (!(await line()).includes(String(id)));
  } catch (error) {
    socket.close();
    throw error;
  }
  return {
    ask: async (command: string, input: object): Promise<unknown> => {
      say(command, input);
      const answer = JSON.parse(await line()) as { return?: unknown; error?: { desc: string } };
      if (answer.error) throw new GuestError(answer.error.desc);
      return answer.return;
    },
    close: () => socket.close(),
  };
}
