/** A guest's file server that a test plays: ssh2's own server side in memory, over a tree that may be as odd as a guest likes. */
import internals from "ssh2/lib/protocol/SFTP.js";
import { createSftp, type Sftp } from "../../../src/guest/sftp.ts";

export interface FakeFile {
  kind: "file";
  content: Uint8Array;
  mode?: number;
  seconds?: number;
  /** What it says its size is. */
  size?: number;
}
export interface FakeFolder {
  kind: "folder";
  /** A list, since a guest may say a name twice. */
  entries: [name: string, node: FakeNode][];
  mode?: number;
  seconds?: number;
  /** It lists its names over and over. */
  isEndless?: boolean;
}
export interface FakeLink {
  kind: "link";
  text: string;
}
export type FakeNode = FakeFile | FakeFolder | FakeLink | { kind: "other" };

export const file = (content: string | Uint8Array, more: Partial<FakeFile> = {}): FakeFile => ({
  kind: "file",
  content: typeof content === "string" ? new TextEncoder().encode(content) : content,
  ...more,
});
export const folder = (
  entries: Record<string, FakeNode> | [string, FakeNode][],
  more: Partial<FakeFolder> = {},
): FakeFolder => ({
  kind: "folder",
  entries: Array.isArray(entries) ? entries : Object.entries(entries),
  ...more,
});
export const link = (text: string): FakeLink => ({ kind: "link", text });

const typeBits = { file: 0o100000, folder: 0o040000, link: 0o120000, other: 0o020000 };
const status = { ok: 0, endOfFile: 1, notFound: 2, failure: 4 };
/** VERSION 3 with `posix-rename@openssh.com`, which ssh2's server does not say by itself. */
const version = (() => {
  const text = (value: string) => Buffer.concat([Buffer.from([0, 0, 0, value.length]), Buffer.from(value)]);
  const body = Buffer.concat([Buffer.from([2, 0, 0, 0, 3]), text("posix-rename@openssh.com"), text("1")]);
  return Buffer.concat([Buffer.from([0, 0, 0, body.length]), body]);
})();

export interface FakeGuest {
  readonly sftp: Sftp;
  readonly root: FakeFolder;
  readonly home: FakeFolder;
  /** Every request so far, as `READ`. */
  readonly asked: string[];
  /** Called with each request's kind before it is answered; `drop` leaves it unanswered. */
  onAsked: (kind: string, count: number) => "drop" | void;
  /** Puts bytes in place of an answer. */
  say(bytes: Uint8Array): void;
  readonly lost: AbortSignal;
}

/** Home is `/home`. */
export async function startFakeGuest(home: FakeFolder): Promise<FakeGuest> {
  const root = folder({ home });
  const [asked, handles]: [string[], Map<string, { node: FakeNode; isRead: boolean }>] = [[], new Map()];
  const lost = new AbortController();
  let isGreeted = false;
  const client = createSftp(
    (bytes) => queueMicrotask(() => server.push(Buffer.from(bytes))),
    (error) => lost.abort(error),
  );
  const protocol = {
    _remoteIdentRaw: Buffer.from("SSH-2.0-OpenSSH"),
    channelData: (_: number, bytes: Uint8Array) => {
      const sent = isGreeted ? bytes : version;
      isGreeted = true;
      // Later, as answers come: by then more may have been asked.
      setImmediate(() => client.push(sent));
    },
    channelClose: () => {},
  };
  const outgoing = { id: 0, state: "open", window: Infinity, packetSize: Infinity };
  const server = new internals.SFTP(
    { _protocol: protocol },
    { type: "sftp", incoming: {}, outgoing },
    { server: true },
  );
  const guest: FakeGuest = {
    sftp: client,
    root,
    home,
    asked,
    onAsked: () => undefined,
    say: (bytes) => client.push(bytes),
    lost: lost.signal,
  };
  answerAll(server, guest, handles);
  client.begin();
  await client.ready;
  return guest;
}

type Server = InstanceType<typeof internals.SFTP>;
const partsOf = (path: string) =>
  (path.startsWith("/") ? path : `/home/${path}`).split("/").filter((part) => part !== "" && part !== ".");

function find(root: FakeFolder, path: string): FakeNode | undefined {
  let node: FakeNode | undefined = root;
  for (const part of partsOf(path))
    node = node?.kind === "folder" ? node.entries.find(([name]) => name === part)?.[1] : undefined;
  return node;
}

function put(root: FakeFolder, path: string, node: FakeNode | undefined): boolean {
  const parts = partsOf(path);
  const name = parts.pop() ?? "";
  const above = find(root, `/${parts.join("/")}`);
  if (above?.kind !== "folder") return false;
  above.entries = above.entries.filter(([each]) => each !== name);
  if (node) above.entries.push([name, node]);
  return true;
}

function attributesOf(node: FakeNode) {
  const { mode = 0o644, seconds = 0 } = { mode: 0o644, seconds: 0, ...node } as { mode?: number; seconds?: number };
  const size = node.kind === "file" ? (node.size ?? node.content.length) : 0;
  return { mode: mode | typeBits[node.kind], size, uid: 0, gid: 0, atime: seconds, mtime: seconds };
}

function answerAll(server: Server, guest: FakeGuest, handles: Map<string, { node: FakeNode; isRead: boolean }>): void {
  const { root, asked } = guest;
  let handle = 0;
  const on = (kind: string, answer: (id: number, ...rest: never[]) => void) =>
    server.on(kind, (id: number, ...rest: unknown[]) => {
      asked.push(kind);
      if (guest.onAsked(kind, asked.filter((each) => each === kind).length) !== "drop")
        answer(id, ...(rest as never[]));
    });
  const say = (id: number, code: number) => server.status(id, code);
  const done = (id: number, isOk: boolean) => say(id, isOk ? status.ok : status.failure);
  const give = (id: number, node: FakeNode) => {
    handles.set(String(++handle), { node, isRead: false });
    server.handle(id, Buffer.from(String(handle)));
  };
  const held = (bytes: Buffer) => handles.get(bytes.toString());
  const about = (id: number, path: string) => {
    const node = find(root, path);
    if (node) server.attrs(id, attributesOf(node));
    else say(id, status.notFound);
  };
  const set = (node: FakeNode | undefined, { mode, mtime }: { mode?: number; mtime?: number }) => {
    if (node?.kind === "file" || node?.kind === "folder")
      Object.assign(node, mode === undefined ? {} : { mode }, mtime === undefined ? {} : { seconds: mtime });
    return node !== undefined;
  };
  on("STAT", about);
  on("LSTAT", about);
  on("REALPATH", (id, path: string) =>
    server.name(id, [{ filename: `/${partsOf(path).join("/")}`, longname: "", attrs: {} as never }]),
  );
  on("OPENDIR", (id, path: string) => {
    const node = find(root, path);
    if (node?.kind === "folder") give(id, node);
    else say(id, status.notFound);
  });
  on("READDIR", (id, bytes: Buffer) => {
    const open = held(bytes);
    if (open?.node.kind !== "folder") return say(id, status.failure);
    if (open.isRead && !open.node.isEndless) return say(id, status.endOfFile);
    open.isRead = true;
    server.name(
      id,
      open.node.entries.map(([filename, node]) => ({ filename, longname: "", attrs: attributesOf(node) as never })),
    );
  });
  on("OPEN", (id, path: string, flags: number) => {
    const found = find(root, path);
    if (flags === 1) return found?.kind === "file" ? give(id, found) : say(id, status.notFound);
    const made = file("", { mode: 0o600 });
    if (found || !put(root, path, made)) return say(id, status.failure);
    give(id, made);
  });
  on("READ", (id, bytes: Buffer, offset: number, length: number) => {
    const node = held(bytes)?.node;
    const found = node?.kind === "file" ? node.content.subarray(offset, offset + length) : new Uint8Array(0);
    if (found.length === 0) say(id, status.endOfFile);
    else server.data(id, Buffer.from(found));
  });
  on("WRITE", (id, bytes: Buffer, offset: number, data: Buffer) => {
    const node = held(bytes)?.node;
    if (node?.kind !== "file") return say(id, status.failure);
    const content = new Uint8Array(Math.max(node.content.length, offset + data.length));
    content.set(node.content);
    content.set(data, offset);
    node.content = content;
    say(id, status.ok);
  });
  on("CLOSE", (id, bytes: Buffer) => done(id, handles.delete(bytes.toString())));
  on("FSETSTAT", (id, bytes: Buffer, attrs: object) => done(id, set(held(bytes)?.node, attrs)));
  on("SETSTAT", (id, path: string, attrs: object) => done(id, set(find(root, path), attrs)));
  on("MKDIR", (id, path: string) => done(id, !find(root, path) && put(root, path, folder({}))));
  on("REMOVE", (id, path: string) => done(id, find(root, path) !== undefined && put(root, path, undefined)));
  on("READLINK", (id, path: string) => {
    const node = find(root, path);
    if (node?.kind !== "link") return say(id, status.failure);
    server.name(id, [{ filename: node.text, longname: "", attrs: {} as never }]);
  });
  on("SYMLINK", (id, path: string, text: string) => done(id, !find(root, path) && put(root, path, link(text))));
  on("EXTENDED", (id, _name: string, data: Buffer) => {
    const length = data.readUInt32BE(0);
    const [from, to] = [data.subarray(4, 4 + length).toString(), data.subarray(8 + length).toString()];
    const node = find(root, from);
    done(
      id,
      node !== undefined && find(root, to)?.kind !== "folder" && put(root, from, undefined) && put(root, to, node),
    );
  });
}
