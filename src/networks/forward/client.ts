/** The daemon's side of the helper for relays: finds the one that runs, starts one where none does, and asks it. */
import { UserError, messageOf } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Files } from "../../sys/files.ts";
import { isAlive, type Processes } from "../../sys/process.ts";
import type { Scope } from "../../sys/scope.ts";
import { isAbsent, type Sockets } from "../../sys/socket.ts";
import type { Answer, Question } from "./desk.ts";
import type { Relay } from "./relay.ts";

/** First words of the helper process; see `runForwardHelper`. */
export const forwardWords = ["helper", "forward"] as const;
/** From its start until it answers: a busy host may take its time. */
const startMsMax = 10_000;
const startPauseMs = 20;
const answerMsMax = 20_000;
const answerBytesMax = 2 ** 20;

export interface RelayHelper {
  /** All relays of an owner: answers for each why it is not open. Starts the helper when there is something for it to do. */
  set(owner: string, relays: readonly Relay[], signal: AbortSignal): Promise<readonly (string | undefined)[]>;
  /** Closes those of everybody else, where a helper runs. */
  keep(owners: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface RelayPorts {
  /** Of the helper's socket and its output. */
  readonly directory: string;
  /** What to execute to run strata again. */
  readonly program: readonly string[];
  readonly scope: () => Scope;
  readonly files: Pick<Files, "makeDirectory" | "remove" | "stat">;
  readonly processes: Pick<Processes, "spawnDetached" | "facts">;
  readonly sockets: Sockets;
  readonly clock: Clock;
}

export function createRelayHelper(ports: RelayPorts): RelayHelper {
  const path = `${ports.directory}/forward.sock`;
  let starting: Promise<void> | undefined;
  const started = (signal: AbortSignal): Promise<void> =>
    (starting ??= startHelper(ports, path, signal).finally(() => (starting = undefined)));
  return {
    async set(owner, relays, signal) {
      const question: Question = { ask: "set", owner, relays };
      const first = await ask(ports, path, question, signal).catch((error: unknown) => {
        if (isAbsent(error)) return undefined;
        throw error;
      });
      if (!first && relays.length === 0) return [];
      if (!first) await started(signal);
      const { failures } = first ?? (await ask(ports, path, question, signal));
      return relays.map((_, index) => failures[index] ?? undefined);
    },
    async keep(owners, signal) {
      await ask(ports, path, { ask: "keep", owners }, signal).catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      });
    },
  };
}

/** Rejects with `forward-helper-failed`, or the signal's reason. */
async function startHelper(ports: RelayPorts, path: string, signal: AbortSignal): Promise<void> {
  const { files, clock, processes, program } = ports;
  await files.makeDirectory(ports.directory, 0o700);
  if (await files.stat(path)) await files.remove(path);
  const { words, env } = ports.scope();
  const outputPath = `${ports.directory}/forward.log`;
  const identity = processes.spawnDetached([...words, ...program, ...forwardWords, path], { env, outputPath });
  const late = clock.monotonicMs() + startMsMax;
  while ((await files.stat(path)) === undefined) {
    const isGone = !isAlive(processes, identity);
    if (isGone || clock.monotonicMs() > late)
      throw new UserError("forward-helper-failed", `the helper for forwards does not start; ${outputPath} may say why`);
    await clock.sleep(startPauseMs, signal);
  }
}

/** Rejects with the connection's error, or `forward-helper-failed`. */
function ask({ sockets, clock }: RelayPorts, path: string, question: Question, signal: AbortSignal): Promise<Answer> {
  const answered = Promise.withResolvers<Answer>();
  const fail = (why: string) =>
    answered.reject(new UserError("forward-helper-failed", `the helper for forwards does not answer: ${why}`));
  const cancel = clock.after(answerMsMax, () => fail(`nothing within ${answerMsMax / 1000} s`));
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const data = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > answerBytesMax) fail("it says too much");
    if (chunk.at(-1) === 0x0a) settle();
  };
  const settle = (): void => {
    try {
      answered.resolve(JSON.parse(Buffer.concat(chunks).toString()) as Answer);
    } catch (error) {
      fail(messageOf(error));
    }
  };
  const talk = async (): Promise<Answer> => {
    const socket = await sockets.connect({ path }, { data, closed: () => fail("it closed the connection") }, signal);
    socket.write(`${JSON.stringify(question)}\n`);
    return answered.promise.finally(socket.close);
  };
  answered.promise.catch(() => undefined);
  return talk().finally(cancel);
}
