/** What daemon and switch say to each other on one unix socket. A connection begins with a line that says what it is: the daemon's, or an end of a cable. */
import { z } from "zod";
import type { NetworkWanted, Refusal } from "../network.ts";

/** As the driver's `Cables` name them. */
export const cableEnds = ["fromGuest", "toNetwork", "toGuest"] as const;
export type CableEnd = (typeof cableEnds)[number];

/** The longest line: a table of thousands of instances. */
export const lineBytesMax = 16 * 2 ** 20;

export const Greeting = z.union([
  z.object({ kind: z.literal("daemon") }),
  z.object({ kind: z.literal("cable"), instance: z.string(), end: z.enum(cableEnds) }),
]);

export const cableGreeting = (instance: string, end: CableEnd): string =>
  `${JSON.stringify({ kind: "cable", instance, end })}\n`;
export const daemonGreeting = `${JSON.stringify({ kind: "daemon" })}\n`;

/** Of the daemon: what is inside a table is by the same version of this program, which the daemon sees to. */
export const Order = z.union([
  z.object({
    order: z.literal("table"),
    id: z.int(),
    table: z.custom<NetworkWanted>((value) => typeof value === "object"),
  }),
  z.object({ order: z.literal("ping"), id: z.int() }),
  z.object({ order: z.literal("end") }),
]);
export type Order = z.infer<typeof Order>;

/** Of the switch. */
export const Say = z.union([
  z.object({ say: z.literal("hello"), version: z.string(), pid: z.int() }),
  /** To a table or a ping. `plugged`: whose cables are all there. */
  z.object({ say: z.literal("done"), id: z.int(), plugged: z.array(z.string()) }),
  z.object({ say: z.literal("lost"), instance: z.string() }),
  z.object({ say: z.literal("refusals"), refusals: z.array(z.custom<Refusal>((value) => typeof value === "object")) }),
]);
export type Say = z.infer<typeof Say>;

export const lineOf = (message: Order | Say): string => `${JSON.stringify(message)}\n`;

/** Calls back with each whole line; false: one is longer than it may be. */
export function createLines(line: (text: string) => void): { push(bytes: Uint8Array): boolean } {
  const decoder = new TextDecoder();
  let rest = "";
  return {
    push(bytes) {
      const texts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = texts.pop() ?? "";
      for (const text of texts) line(text);
      return rest.length <= lineBytesMax;
    },
  };
}

/** Undefined: it is no JSON. */
export function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
