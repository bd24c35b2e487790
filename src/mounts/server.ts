/**
 * Answers packets of SFTP, one after the other, as OpenSSH's server does: what is asked later sees what was done before, and no more
 * than one request is ever under way. What is asked for may be anything: it is hostile.
 */
import type { Calls, Memory } from "../sys/calls.ts";
import { createChange, type Maps } from "./change.ts";
import { answerExtended } from "./extended-requests.ts";
import { fileAnswers, type Answer, type Means } from "./file-requests.ts";
import { folderAnswers } from "./folder-requests.ts";
import { createHandles } from "./handles.ts";
import { nameAnswers } from "./name-requests.ts";
import { codes, extensions, packets, version } from "./protocol.ts";
import { createReplies } from "./replies.ts";
import { createTree } from "./tree.ts";
import { createAnswers, createFields, Malformed } from "./wire.ts";

export interface Served {
  readonly calls: Calls;
  /** The folder's descriptor. */
  readonly root: number;
  readonly maps: Maps;
  readonly isReadOnly: boolean;
  readonly handlesMax: number;
}

/** Requests by which something changes, whatever they ask for. */
const changes = new Set<number>([
  packets.setstat,
  packets.mkdir,
  packets.remove,
  packets.rmdir,
  packets.rename,
  packets.symlink,
]);

/** The connection makes no sense any more; `message` says why. */
export class Broken extends Error {}

export type Server = ReturnType<typeof createServer>;

/** `input`: where packets lie. */
export function createServer(input: Memory, { calls, root, maps, isReadOnly, handlesMax }: Served) {
  const tree = createTree(calls, root);
  const fields = createFields(input);
  const answers = createAnswers();
  const replies = createReplies(answers, maps);
  const change = createChange(calls, tree, maps);
  const handles = createHandles(calls, handlesMax);
  const means: Means = { calls, tree, handles, change, fields, answers, replies, isReadOnly };
  const known = new Map<number, Answer>([
    ...fileAnswers(means),
    ...folderAnswers(means, maps),
    ...nameAnswers(means),
    [packets.extended, answerExtended(means)],
  ]);

  const greet = () => {
    answers.begin(packets.version, version);
    for (const [name, form] of Object.values(extensions)) {
      answers.text(name);
      answers.text(form);
    }
    answers.finish();
  };

  const answer = (type: number, id: number) => {
    const work = known.get(type);
    if (work === undefined) return replies.code(id, codes.unsupported);
    if (isReadOnly && changes.has(type)) return replies.code(id, codes.refused);
    try {
      work(id);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      replies.code(id, codes.badMessage);
    }
  };

  return {
    answers,
    /** Answers the packet between these places, which are behind its length. Throws Broken. */
    take: (from: number, to: number) => {
      fields.begin(from, to);
      try {
        const type = fields.byte();
        const id = fields.number();
        // The first packet has its version where others have a number; any is answered with ours.
        if (type === packets.init) greet();
        else answer(type, id);
      } catch (error) {
        if (error instanceof Malformed) throw new Broken("a packet without a number");
        throw error;
      }
    },
    isGone: tree.isGone,
    takeMissing: replies.takeMissing,
  };
}
