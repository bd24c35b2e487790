/**
 * Runs in a network namespace of a test, as a daemon would: told by lines of JSON what networks are wanted and what becomes of machines,
 * it answers with lines. A third word makes it kill itself: before or after its n-th deed on the host.
 */
import type { Driver } from "../../../src/drivers/driver.ts";
import { createQemuDriver } from "../../../src/drivers/qemu/index.ts";
import { createBridgeNetwork } from "../../../src/networks/bridge/index.ts";
import type { NetworkWanted } from "../../../src/networks/network.ts";
import { systemClock as clock } from "../../../src/sys/clock.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { systemHost } from "../../../src/sys/host.ts";
import { systemProcesses } from "../../../src/sys/process.ts";
import { systemSockets as sockets } from "../../../src/sys/socket.ts";

const [dataDirectory = "", runtimeDirectory = "", deedsMax = "Infinity"] = process.argv.slice(2);
const limitMs = 90_000;
let deeds = 0;

const deed = () => {
  if (++deeds > Number(deedsMax)) process.kill(process.pid, "SIGKILL");
};

/** The same port; its methods named here count as deeds, at their beginning and at their end. */
function mortal<Port extends object>(port: Port, names: readonly (keyof Port)[]): Port {
  const wrapped = names.map((name) => {
    const method = port[name] as (...words: unknown[]) => unknown;
    const call = (...words: unknown[]) => {
      deed();
      const answer = method.apply(port, words);
      if (!(answer instanceof Promise)) return (deed(), answer);
      return answer.finally(deed);
    };
    return [name, call];
  });
  return { ...port, ...Object.fromEntries(wrapped) };
}

const files = mortal(systemFiles, [
  "writeAtomically",
  "remove",
  "removeDirectory",
  "makeDirectory",
  "changeMode",
  "open",
]);
const processes = mortal(systemProcesses, ["run", "spawnDetached", "kill"]);
const network = createBridgeNetwork({ dataDirectory, runtimeDirectory, files, processes, clock });
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
network.watch((refusals) => say({ refusals }));

let driver: Driver | undefined;
const program = (name: string) => [Bun.which(name) ?? name];
const driverOf = (): Driver =>
  (driver ??= createQemuDriver({
    dataDirectory,
    runtimeDirectory,
    files: systemFiles,
    processes: systemProcesses,
    clock,
    sockets,
    host: systemHost(),
    accelerator: () => "tcg",
    toolchain: async () => ({
      system: program("qemu-system-x86_64"),
      img: program("qemu-img"),
      env: {},
      build: "system",
    }),
  }));

type Method = "examine" | "create" | "start" | "stop" | "suspend" | "inspect" | "identify" | "freeze";

async function act({
  wanted,
  method,
  words = [],
}: {
  wanted?: never;
  method?: Method;
  words?: unknown[];
}): Promise<unknown> {
  const signal = AbortSignal.timeout(limitMs);
  if (method === undefined) return network.apply(wanted ?? { networks: [], ports: [] }, signal);
  if (method === "examine") return network.examine(words[0] as NetworkWanted, signal);
  const from = method === "freeze" ? driverOf().snapshots : driverOf();
  return (from as unknown as Record<Exclude<Method, "examine">, (...all: unknown[]) => unknown>)[method](
    ...words,
    signal,
  );
}

for await (const line of console) {
  const asked = JSON.parse(line, (name, value) => (name === "seed" ? new Uint8Array(2048) : value));
  await act(asked).then(
    (answer) => say({ answer: answer ?? null }),
    (error) => say({ failed: `${error.code ?? "bug"}: ${error.message}` }),
  );
}
await network.close();
await driver?.close();
process.exit(0);
