/** Runs lines of the personality multipass in this process, against answers from a script. */
import { expect, test } from "bun:test";
import type { CallName, Ended, Input, Output, StreamName } from "../../../src/api/contract.ts";
import type { Aliases, MultipassContext } from "../../../src/commands/multipass/context.ts";
import { runMultipass } from "../../../src/commands/multipass/run.ts";
import { UserError } from "../../../src/errors.ts";
import { instance, operation } from "../stand-in.ts";

export type Script = {
  readonly [Name in CallName]?: (input: Input<Name>) => Output<Name> | Promise<Output<Name>>;
} & { readonly [Name in StreamName]?: (input: Input<Name>) => AsyncIterable<Output<Name>> };

export interface World {
  readonly api?: Script;
  /** No daemon answers. */
  readonly isAlone?: boolean;
  /** Somebody sits at a terminal, and answers the questions with these. */
  readonly answers?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly aliases?: Aliases;
  /** Pieces of the context that a row needs more of. */
  readonly more?: Partial<MultipassContext>;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly questions: readonly string[];
  readonly aliases: Aliases;
  readonly settings: Readonly<Record<string, string>>;
}

/** When the lines are typed. */
export const now = "2026-11-20T12:00:00.000Z";

/** The spinner's way to the beginning of a cleared line. */
const clearLine = "\u001B[2K\u001B[0A\u001B[0E";

/** Takes away what the spinner draws: what stands between two clearings of a line, if that line did not end. */
export function still(text: string): string {
  const [first = "", ...pieces] = text.split(clearLine);
  const kept = pieces.map((piece, at) =>
    at === pieces.length - 1 ? piece : piece.slice(piece.lastIndexOf("\n") + 1 ? 0 : piece.length),
  );
  return [first, ...kept].join("");
}

export async function runLine(argv: readonly string[], world: World = {}): Promise<Ran> {
  const calls: { name: string; input: unknown }[] = [];
  const questions: string[] = [];
  const outputs = { stdout: "", stderr: "" };
  const settings: Record<string, string> = { "client.primary-name": "primary", ...world.settings };
  let aliases: Aliases = world.aliases ?? { "active-context": "default", contexts: { default: {} } };
  const answers = [...(world.answers ?? [])];
  const answer = (question: string) => {
    questions.push(question);
    return Promise.resolve(answers.shift());
  };
  const script: Record<string, ((input: unknown) => unknown) | undefined> = {
    "settings.list": () => [],
    ...(world.api as object),
  };
  const handler = (name: string, input: unknown) => {
    calls.push({ name, input });
    if (world.isAlone) throw new UserError("daemon-unreachable", "no daemon answers", { exit: 3 });
    const found = script[name];
    if (!found) throw new Error(`the row has no ${name}`);
    return found(input);
  };
  const context = {
    version: "0.1.0",
    stdout: {
      isTerminal: world.answers !== undefined,
      isClosed: false,
      write: (data: string | Uint8Array) => void (outputs.stdout += String(data)),
    },
    say: (line: string) => void (outputs.stderr += `${line}\n`),
    api: {
      call: async (name: string, input: unknown) => handler(name, input),
      stream: (name: string, input: unknown) => handler(name, input),
      probe: () =>
        Promise.resolve(
          world.isAlone ? undefined : { version: "0.1.0", protocol: 2, pid: 1, directory: "/data", busy: false },
        ),
    },
    newCommand: () => "01890000-0000-7000-8000-000000000000",
    reason: () => ({}),
    clock: { monotonicMs: () => 0, sleep: () => Promise.resolve() },
    onInterrupt: () => () => undefined,
    outside: () => Promise.resolve({}),
    localTime: (time: string) => time,
    ageMs: (time: string) => Date.parse(now) - Date.parse(time),
    logTime: () => now.slice(0, -1),
    settings: {
      list: () => Object.entries(settings).map(([key, value]) => ({ key, value, default: value, about: "" })),
      set: (key: string, value: string) => void (settings[key] = value),
    },
    isLive: world.answers !== undefined,
    ask: answer,
    askHidden: answer,
    every: () => () => undefined,
    directory: "/home/someone",
    fullTime: (time: string) => `at ${time}`,
    aliases: {
      read: () => aliases,
      write: (given: Aliases) => {
        aliases = given;
        return [];
      },
      scripts: { directory: "/home/someone/bin", isOnPath: true },
    },
    ...world.more,
    // Whatever else a verb may touch is not there: a row that needs it brings it.
  } as unknown as MultipassContext;
  const sink = (name: "stdout" | "stderr") => ({ write: (data: string) => void (outputs[name] += data) });
  const code = await runMultipass(argv, { stdout: sink("stdout"), stderr: sink("stderr") }, () =>
    Promise.resolve(context),
  );
  return { code, stdout: still(outputs.stdout), stderr: outputs.stderr, calls, questions, aliases, settings };
}

/** Verb, situation, and what is expected of it: a row of the reference's table. */
export interface Row extends World {
  /** `stop web --force`, or its words. */
  readonly line: string | readonly string[];
  readonly situation: string;
  readonly code: number;
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  /** What the last call was, and with what besides its command's id. */
  readonly sends?: readonly [name: string, input: Record<string, unknown>];
}

/** A test for each row. An output that a row does not name is empty. */
export function table(rows: readonly Row[]): void {
  for (const row of rows) {
    const words = typeof row.line === "string" ? row.line.split(" ").filter(Boolean) : row.line;
    test(`multipass ${words.join(" ")}: ${row.situation}`, async () => {
      const ran = await runLine(words, row);
      expectText(ran.stdout, row.stdout ?? "");
      expectText(ran.stderr, row.stderr ?? "");
      expect(ran.code).toBe(row.code);
      if (!row.sends) return;
      const [name, input] = row.sends;
      const sent = ran.calls.findLast((call) => call.name === name);
      expect(sent?.input).toMatchObject(input);
    });
  }
}

function expectText(text: string, expected: string | RegExp): void {
  if (typeof expected === "string") expect(text).toBe(expected);
  else expect(text).toMatch(expected);
}

/** An answer to a changing call, and the operation's end. */
export const ended = (
  kind: Parameters<typeof operation>[1],
  more: Partial<Ended> = {},
): { accepted: () => Output<"instance.start">; follow: () => AsyncGenerator<Ended> } => ({
  accepted: () => ({ operation: operation(1, kind) }) as Output<"instance.start">,
  // oxlint-disable-next-line require-await
  follow: async function* () {
    yield { kind: "ended", operation: operation(1, kind), result: "ok", durationMs: 10, ...more } as Ended;
  },
});

export { instance };
