/** The host's own programs that do the work: found once, run within bounds, their complaints told. */
import { UserError } from "../../errors.ts";
import type { Processes } from "../../sys/process.ts";
import { findProgram } from "../../sys/program-path.ts";

/** Where they are, whatever PATH a daemon was started with. */
export const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** And the packages of Debian and Ubuntu that they come with. */
export const packages = { ip: "iproute2", nft: "nftables", dnsmasq: "dnsmasq-base" } as const;
export type Tool = keyof typeof packages;
export const allTools: readonly Tool[] = ["ip", "nft", "dnsmasq"];

const limits = { timeoutMs: 20_000, outputBytesMax: 16 * 2 ** 20 };
/** Their words are read by us. */
export const environment = { PATH: searchPath, LC_ALL: "C" };

export interface Tools {
  /** Runs it; answers what it printed. Throws `network-unavailable` with what it complains about. */
  run(tool: Tool, words: readonly string[], signal: AbortSignal, input?: string): Promise<string>;
  /** Throws `network-unavailable` where it is missing. */
  path(tool: Tool): string;
  /** Those that are missing. */
  missing(): Tool[];
}

export function createTools(processes: Pick<Processes, "run">): Tools {
  const path = (tool: Tool): string => {
    const found = findProgram(tool, searchPath);
    if (found !== undefined) return found;
    throw new UserError("network-unavailable", `a bridge needs ${tool}, which this host does not have`, {
      hints: [
        ["next", `apt-get install --no-install-recommends ${packages[tool]}`],
        ["or", "strata set network.default=user"],
      ],
    });
  };
  const run = async (tool: Tool, words: readonly string[], signal: AbortSignal, input?: string): Promise<string> => {
    const said = input === undefined ? {} : { input: new TextEncoder().encode(input) };
    const options = { ...limits, ...said, env: environment, signal };
    const { exitCode, stdout, stderr } = await processes.run([path(tool), ...words], options);
    if (exitCode === 0) return stdout;
    throw new UserError("network-unavailable", `${tool} ${words.join(" ")} fails: ${firstLine(stderr)}`);
  };
  const isMissing = (tool: Tool) => findProgram(tool, searchPath) === undefined;
  return { run, path, missing: () => allTools.filter(isMissing) };
}

/** Of many lines the first tells the cause. */
const firstLine = (text: string): string => text.trim().split("\n")[0] || "it says nothing";
