/** Stands in for the guest's agent: the test sees what it is asked and decides what comes back, byte by byte. */
import { connectAgent } from "../../../src/drivers/qemu/agent.ts";
import type { Sockets } from "../../../src/sys/socket.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";

export type Command = { execute: string; arguments?: { id: number } };

/** An agent's end: `first` is what an earlier client left over; `answer` gives the bytes for a command, undefined for silence. */
export function createAgent(
  answer: (command: Command) => string | Uint8Array | undefined,
  first: string | Uint8Array = "",
) {
  const asked: string[] = [];
  const marks: boolean[] = [];
  let isClosed = false;
  let deliver: (bytes: Uint8Array) => void = () => {};
  const say = (bytes: string | Uint8Array) => queueMicrotask(() => isClosed || deliver(Buffer.from(bytes)));
  const sockets: Sockets = {
    connect: async (_target, { data }) => {
      deliver = data;
      isClosed = false;
      if (first !== "") say(first);
      return {
        write: (sent) => {
          const bytes = Buffer.from(sent);
          const isMarked = bytes[0] === 0xff;
          marks.push(isMarked);
          const command = JSON.parse(bytes.subarray(isMarked ? 1 : 0).toString()) as Command;
          asked.push(command.execute);
          const reply = answer(command);
          if (reply !== undefined) say(reply);
        },
        writeWith: () => false,
        close: () => void (isClosed = true),
      };
    },
  };
  const clock = createSimulatedClock();
  const connect = (signal = new AbortController().signal) => connectAgent({ sockets, clock }, "/agent", signal);
  return { connect, sockets, clock, asked, marks, say, isClosed: () => isClosed };
}

const synced = ({ arguments: given }: Command) =>
  Buffer.concat([Buffer.of(0xff), Buffer.from(`{"return":${given?.id}}\n`)]);
/** Lets everything that is due happen. */
export const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

/** Syncs, and answers everything else by itself. */
export const willing = (answer: (command: Command) => string | undefined) => (command: Command) =>
  command.execute === "guest-sync-delimited" ? synced(command) : answer(command);
