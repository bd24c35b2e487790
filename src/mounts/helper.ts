/**
 * The helper process that serves one folder as one user: `strata helper serve-mount JSON`, started by the daemon only. It speaks SFTP
 * on its standard input and output, for an sshfs in the guest whose own are crossed with them (`-o passive`).
 */
import { messageOf } from "../errors.ts";
import { become } from "../sys/become.ts";
import { allocate, createCalls, errors, openBits, type Calls } from "../sys/calls.ts";
import { systemClock } from "../sys/clock.ts";
import { openFilesMax } from "../sys/libc.ts";
import { outputStream } from "../sys/output.ts";
import { allocateInput, exchange } from "./exchange.ts";
import { createIds } from "./ids.ts";
import { mountExits, parseOptions, type MountOptions } from "./options.ts";
import { Broken, createServer } from "./server.ts";

type Exit = (typeof mountExits)[keyof typeof mountExits];

/** Handles, unless fewer descriptors may be open; some are for the helper itself. */
const handlesMax = 4096;
const ownDescriptors = 64;

class Refused extends Error {
  constructor(
    readonly exit: Exit,
    message: string,
  ) {
    super(message);
  }
}

/** The exit code. Works until the other side goes, and blocks: nothing else happens in this process. */
export function runMountHelper(text: string): number {
  try {
    return serve(parseOptions(text));
  } catch (error) {
    outputStream(2).write(`${messageOf(error).replaceAll("\n", " ")}\n`);
    if (error instanceof Refused) return error.exit;
    return error instanceof Broken ? mountExits.broken : mountExits.bug;
  }
}

function serve({ source, readOnly, as, uids, gids }: MountOptions): Exit {
  if (as !== undefined) become(as);
  const calls = createCalls();
  calls.clearMask();
  const input = allocateInput();
  const server = createServer(input, {
    calls,
    root: openSource(calls, source),
    maps: { uids: createIds(uids), gids: createIds(gids) },
    isReadOnly: readOnly,
    handlesMax: Math.min(handlesMax, openFilesMax() - ownDescriptors),
  });
  const end = exchange(input, server, { calls, clock: systemClock, input: 0, output: 1 });
  if (end === "gone") throw new Refused(mountExits.missing, `the folder ${source} was removed`);
  return mountExits.closed;
}

/** Once, by its own name, links and all: it is the caller's word. */
function openSource(calls: Calls, source: string): number {
  const bytes = Buffer.from(`${source}\0`);
  const path = allocate(bytes.length);
  path.bytes.set(bytes);
  const { O_RDONLY, O_DIRECTORY, O_CLOEXEC } = openBits;
  const root = calls.open(path.address, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root === -errors.ENOTDIR) throw new Refused(mountExits.missing, `${source} is no folder`);
  if (root === -errors.ENOENT) throw new Refused(mountExits.missing, `there is no ${source}`);
  if (root < 0) throw new Refused(mountExits.unreadable, `${source} cannot be read by this user (error ${-root})`);
  path.bytes.write(".\0");
  const inside = calls.openBeneath(root, path.address, openBits.O_PATH | O_CLOEXEC, 0);
  if (inside === -errors.ENOSYS)
    throw new Error("this kernel cannot keep paths in a folder (openat2): Linux 5.6 is needed");
  if (inside < 0)
    throw new Refused(mountExits.unreadable, `${source} cannot be entered by this user (error ${-inside})`);
  calls.close(inside);
  return root;
}
