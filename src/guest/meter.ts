/** What only a guest knows of its use: memory and network, by one small shell that stays and is asked again and again. */
import { UserError, exitCodes } from "../errors.ts";
import type { GuestChannel } from "./channel.ts";
import type { OpenScript } from "./chores.ts";
import { untilAborted } from "./or-abort.ts";

/** Counts since the guest's start; what it does not tell is absent. */
export interface Inside {
  readonly memoryUsedBytes?: number;
  readonly netInBytes?: number;
  readonly netOutBytes?: number;
}

export interface Meter {
  /** One question at a time. Rejects with `meter-lost`, or the signal's reason; it is of no use then. */
  ask(signal: AbortSignal): Promise<Inside>;
  close(): void;
}

/** A line asks. The shell reads by itself: to start a program takes an emulated guest longer than all the rest. */
const script = `while read -r asked; do
while read -r name value unit; do printf '%s %s %s\\n' "$name" "$value" "$unit"; case $name in MemAvailable:) break; esac; done </proc/meminfo
while read -r line; do printf '%s\\n' "$line"; done </proc/net/dev
echo @end
done`;
const end = "@end\n";
/** An answer in use has some hundred bytes; the guest decides what comes. */
const answerBytesMax = 64 * 1024;

const lost = (why: string) =>
  new UserError("meter-lost", `the guest does not tell what it uses: ${why}`, { exit: exitCodes.guestSide });

/** Rejects as opening a session does. */
export async function openMeter(open: OpenScript, signal: AbortSignal): Promise<Meter> {
  const channel = await open(script, signal);
  const answers = answersOf(channel);
  return {
    ask: async (stop) => {
      await untilAborted(stop, channel.write(new TextEncoder().encode("\n")));
      const { value } = await untilAborted(stop, answers.next());
      if (value === undefined) throw lost("its shell has ended");
      return readInside(value);
    },
    close: channel.close,
  };
}

/** Ends with the shell, or when it says too much. */
async function* answersOf({ stdout }: GuestChannel): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > answerBytesMax) throw lost("it says too much");
    for (let at = text.indexOf(end); at >= 0; at = text.indexOf(end)) {
      yield text.slice(0, at);
      text = text.slice(at + end.length);
    }
  }
  return undefined;
}

/** A guest says what it likes: only what has the right form is taken. Formats: proc(5), of /proc/meminfo and /proc/net/dev. */
export function readInside(answer: string): Inside {
  const kibibytes = (name: string) => new RegExp(`^${name}: (\\d{1,12}) kB$`, "m").exec(answer)?.[1];
  const [total, free] = [kibibytes("MemTotal"), kibibytes("MemAvailable") ?? kibibytes("MemFree")];
  const usedBytes = total === undefined || free === undefined ? -1 : (Number(total) - Number(free)) * 1024;
  // Its own cards: what goes over bridges and containers inside goes over those too.
  const cards = [...answer.matchAll(/^(?:en|eth|wl)\w*: *(\d{1,15})((?: +\d+){7}) +(\d{1,15})(?: |$)/gm)];
  const sum = (group: 1 | 3) => cards.reduce((bytes, card) => bytes + Number(card[group]), 0);
  return {
    ...(usedBytes >= 0 && { memoryUsedBytes: usedBytes }),
    ...(cards.length > 0 && { netInBytes: sum(1), netOutBytes: sum(3) }),
  };
}
