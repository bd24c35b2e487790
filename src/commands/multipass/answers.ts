/** Yes or no, from the person at the terminal. */
import type { MultipassContext } from "./context.ts";

const yes = /^y(?:es)?$/i;
const no = /^no?$/i;
/** Nobody answers so often with something else. */
const triesMax = 100;

/** What was answered; `nothing`: only the key that ends a line. Undefined: the terminal was closed. */
export async function answerTo(
  { ask }: Pick<MultipassContext, "ask">,
  question: string,
): Promise<"yes" | "no" | "nothing" | undefined> {
  let asked = `${question}: `;
  for (let tries = 0; tries < triesMax; tries++) {
    const answer = await ask(asked);
    if (answer === undefined) return undefined;
    if (answer === "") return "nothing";
    if (no.test(answer)) return "no";
    if (yes.test(answer)) return "yes";
    asked = "Please answer Yes/no: ";
  }
  return undefined;
}

/** `question` without what stands behind it. An empty answer is a yes; a closed terminal is a no. */
export async function isYes(context: Pick<MultipassContext, "ask">, question: string): Promise<boolean> {
  const answer = await answerTo(context, question);
  return answer === "yes" || answer === "nothing";
}
