/** A stand-in for the daemon's API: real HTTP on a unix socket, answers from a script; and runs of the real command line against it. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import type { CallName, Ended, Following, Input, Output, StreamName } from "../../src/api/contract.ts";
import { protocolVersion } from "../../src/api/protocol.ts";
import { httpStatus, toWire } from "../../src/api/wire.ts";
import { UserError } from "../../src/errors.ts";
import type { InstanceView, OperationBrief } from "../../src/model/view.ts";
import { onDefault } from "../render/samples.ts";

type Script = {
  [Name in CallName]?: (input: Input<Name>) => Output<Name> | Promise<Output<Name>>;
} & { [Name in StreamName]?: (input: Input<Name>, signal: AbortSignal) => AsyncIterable<Output<Name>> };

export interface StandIn {
  readonly directory: string;
  readonly socket: string;
  /** Names of the calls that came, in order, without the greeting. */
  readonly calls: { name: string; input: Record<string, unknown> }[];
  stop(): void;
}

export function startStandIn(script: Script, version = "0.1.0"): StandIn {
  const directory = mkdtempSync(join(tmpdir(), "strata-cli-"));
  const socket = join(directory, "api.sock");
  const calls: StandIn["calls"] = [];
  const hello = () => ({ version, protocol: protocolVersion, pid: process.pid, directory, busy: true });
  const handlers: Script = { "daemon.hello": hello, ...script };
  const server = Bun.serve({
    unix: socket,
    async fetch(request) {
      const name = new URL(request.url).pathname.replace("/v1/", "");
      const input = (await request.json()) as Record<string, unknown>;
      if (name !== "daemon.hello") calls.push({ name, input });
      const handler = handlers[name as keyof Script] as ((input: unknown, signal: AbortSignal) => unknown) | undefined;
      try {
        if (!handler) throw new UserError("call-unknown", `the stand-in has no ${name}`);
        const answer = handler(input, request.signal);
        return isStream(answer) ? new Response(ndjson(answer)) : Response.json(await answer);
      } catch (error) {
        return Response.json(toWire(error), { status: httpStatus(error) });
      }
    },
  });
  return {
    directory,
    socket,
    calls,
    stop() {
      server.stop(true);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const isStream = (answer: unknown): answer is AsyncIterable<unknown> =>
  typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer;

async function* ndjson(items: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const item of items) yield `${JSON.stringify(item)}\n`;
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRun {
  readonly process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  /** Resolves once standard error contains `text`; rejects when the process ends without. */
  said(text: string): Promise<void>;
  result(): Promise<CliResult>;
}

const mainFile = join(import.meta.dir, "../../src/main.ts");

/** The real program from its source, in an environment of its own. */
export function startCli(argv: readonly string[], environment: Record<string, string> = {}): CliRun {
  const child = Bun.spawn([process.execPath, mainFile, ...argv], {
    env: {
      PATH: process.env["PATH"],
      HOME: "/nonexistent",
      // Or root's Bun would make that home, for what it has compiled.
      BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
      TZ: "UTC",
      STRATA_HOME: "/nonexistent/strata",
      XDG_CONFIG_HOME: "/nonexistent/none/config",
      ...environment,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let stderr = "";
  let wake = () => {};
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      stderr += decoder.decode(chunk, { stream: true });
      wake();
    }
  })();
  const stdout = new Response(child.stdout).text();
  let isOver = false;
  void child.exited.then(() => {
    isOver = true;
    wake();
  });
  return {
    process: child,
    async said(text) {
      while (!stderr.includes(text)) {
        if (isOver) throw new Error(`ended without "${text}": ${stderr}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async result() {
      const code = await child.exited;
      await reading;
      return { code, stdout: await stdout, stderr };
    },
  };
}

export function cli(standIn: StandIn | undefined, ...argv: string[]): Promise<CliResult> {
  return startCli(argv, standIn ? { STRATA_HOST: standIn.socket } : {}).result();
}

/** An instance as the daemon would show it. */
export function instance(name: string, more: Partial<InstanceView> = {}): InstanceView {
  return {
    id: `id-${name}`,
    name,
    state: "Running",
    power: "running",
    health: "ready",
    ipv4: ["10.0.2.15"],
    network: onDefault,
    image: { name: "tiny", title: "Tiny Linux", sha256: "a".repeat(64) },
    specs: { cpus: 1, memory: 2 ** 30, disk: 5 * 2 ** 30 },
    user: "ubuntu",
    createdAt: "2026-11-20T11:00:00.000Z",
    points: 0,
    ...more,
  };
}

export function operation(number: number, kind: OperationBrief["kind"]): OperationBrief {
  return { id: `op-${number}`, number, kind, requestedAt: "2026-11-20T11:00:00.000Z" };
}

export function ended(number: number, kind: OperationBrief["kind"], more: Partial<Ended> = {}): Ended {
  return { kind: "ended", operation: operation(number, kind), result: "ok", durationMs: 1500, ...more };
}

/** A follow stream that says all of `items` and ends. */
export async function* says(...items: Following[]): AsyncGenerator<Following> {
  for (const item of items) yield item;
}
