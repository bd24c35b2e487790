/** The answers that are alike for many requests. */
import { writeAttributes } from "./attributes.ts";
import type { Maps } from "./change.ts";
import { codeOf, codes, packets, textOf, type Code } from "./protocol.ts";
import type { Answers } from "./wire.ts";

export type Replies = ReturnType<typeof createReplies>;

export function createReplies(answers: Answers, maps: Maps) {
  let sawMissing = false;
  const code = (id: number, value: Code): void => {
    if (value === codes.notFound) sawMissing = true;
    answers.begin(packets.status, id);
    answers.number(value);
    answers.text(textOf(value));
    answers.text("");
    answers.finish();
  };
  return {
    code,
    /** Of a call that answers nothing else. */
    result: (id: number, result: number) => code(id, codeOf(result)),
    /** `result`: the handle's number, or an error. */
    handle: (id: number, result: number) => {
      if (result < 0) return code(id, codeOf(result));
      answers.begin(packets.handle, id);
      answers.number(4);
      answers.number(result);
      answers.finish();
    },
    /** `status`: what a call found, if `result` is no error. */
    attributes: (id: number, result: number, status: Buffer) => {
      if (result < 0) return code(id, codeOf(result));
      answers.begin(packets.attributes, id);
      writeAttributes(answers, status, maps);
      answers.finish();
    },
    /** One name and no attributes; `fill` as for `filled`. */
    name: (id: number, fill: (address: number) => number) => {
      answers.begin(packets.name, id);
      answers.number(1);
      const result = answers.filled(fill);
      if (result < 0) {
        answers.drop();
        return code(id, codeOf(result));
      }
      answers.text("");
      answers.number(0);
      answers.finish();
    },
    /** Was "no such file" answered since this was last asked? */
    takeMissing: () => {
      const saw = sawMissing;
      sawMissing = false;
      return saw;
    },
  };
}
