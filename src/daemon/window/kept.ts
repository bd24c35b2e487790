/** What of the window outlives the daemon: its port and its sessions, so that an open page goes on with the next one. No secret is in it. */
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import type { Files } from "../../sys/files.ts";

/** Far above 32 sessions. */
const fileBytesMax = 256 << 10;

const KeptSession = z.object({
  id: z.string(),
  /** As the log has it: `unix:1000`, and the name. */
  user: z.string(),
  name: z.string(),
  role: z.string(),
  login: z.int().exactOptional(),
  client: z.string().exactOptional(),
  account: z.object({ uid: z.int(), gid: z.int() }),
  program: z.string().exactOptional(),
  since: z.string(),
  used: z.string(),
  /** Its SHA-256, hexadecimal. The ticket of the page's next life is not kept: whoever has the port meanwhile may read it out of the page's store. */
  bearer: z.string().regex(/^[0-9a-f]{64}$/),
});
export type KeptSession = z.infer<typeof KeptSession>;

/** `boot`: of the host, whose end no page outlives. */
const Kept = z.object({ boot: z.string(), port: z.int(), sessions: z.array(KeptSession) });
export type Kept = z.infer<typeof Kept>;

export interface KeeperOptions {
  readonly directory: string;
  readonly files: Pick<Files, "stat" | "read" | "writeAtomically" | "remove">;
  report(line: string): void;
}

export type Keeper = ReturnType<typeof createKeeper>;

export function createKeeper({ directory, files, report }: KeeperOptions) {
  const path = `${directory}/window.json`;
  let last: string | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = async (text: string | undefined): Promise<void> => {
    if (text === undefined) await files.remove(path).catch(() => undefined);
    else await files.writeAtomically(path, new TextEncoder().encode(text), 0o600);
  };
  return {
    /** Undefined: there is none, or none that can be read, which is told. */
    async load(): Promise<Kept | undefined> {
      try {
        const status = await files.stat(path);
        if (!status) return undefined;
        if (status.bytes > fileBytesMax) throw new Error("it is too large");
        last = new TextDecoder().decode(await files.read(path));
        return parse(last);
      } catch (error) {
        report(`${path}: ${messageOf(error)}; whoever was signed in at the window is not any more`);
        return undefined;
      }
    },
    /** Resolves when it is durable. One that cannot be written is told of: then a page does not outlive the daemon. */
    save(kept: Kept): Promise<void> {
      const text = kept.sessions.length === 0 ? undefined : `${JSON.stringify(kept)}\n`;
      if (text !== last) {
        last = text;
        writing = writing.then(() => write(text)).catch((error: unknown) => report(`${path}: ${messageOf(error)}`));
      }
      return writing;
    },
  };
}

function parse(text: string): Kept {
  try {
    return Kept.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error("it is damaged", { cause });
  }
}
