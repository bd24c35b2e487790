/** A user's `#cloud-config` text: read with the place of each mistake, and merged with what an instance must hold (https://docs.cloud-init.io). */
import { isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { Document, Node, YAMLMap, YAMLSeq } from "yaml";
import { UserError } from "../errors.ts";
import { cloudInitBytesMax } from "../model/cloud-init.ts";
import { formatSize } from "../model/size.ts";
import { type Fault, faultIn, startOf, tooManyTokens } from "./yaml-shape.ts";

/** Keys that are ours alone: who may set them could lock the daemon out, or make the guest another machine than its record says. */
const ourKeys = ["hostname", "preserve_hostname", "ssh_keys", "ssh_deletekeys", "ssh_genkeytypes"];
const firstLine = /^#cloud-config[ \t]*(\r?\n|$)/;
const byteOrderMark = /^\uFEFF/;
/** The widest reading of YAML that cloud-init has: its parser is one of version 1.1 (`yes` is true, `0644` is octal). */
export const yamlVersion = "1.1";

/** What must hold in the guest, whatever the user's text says. */
export interface Ours {
  /** The entry of `users` that lets the daemon in; it has a `name` and `ssh_authorized_keys`. */
  readonly user: { readonly name: string; readonly ssh_authorized_keys: readonly string[] } & Record<string, unknown>;
  /** Other top-level keys, all of `ourKeys` that are set at all. */
  readonly keys: Readonly<Record<string, unknown>>;
}

export interface CheckedCloudConfig {
  /** Keys of the text that are not used, because they are ours. */
  readonly ignored: readonly string[];
}

/** Throws `cloud-init-invalid` or `cloud-init-too-large`; `what` names the text in the message (`cloud-init file web.yaml`). */
export function checkCloudConfig(text: string, what: string): CheckedCloudConfig {
  const document = read(text, what);
  usersOf(document, what);
  limit(print(document), what);
  return { ignored: ourKeys.filter((key) => document.has(key)) };
}

/** Does the text say who the guest's users are? Else the image's default user stands for them. */
export function namesUsers(text: string): boolean {
  return read(text, "the cloud-init text").has("users");
}

/** The text with ours in it: still the user's own document, comments aside. Lists of the user stay as they are, but for `users`. */
export function mergeCloudConfig(text: string, ours: Ours): string {
  const what = "the cloud-init text";
  const document = read(text, what);
  for (const key of ourKeys) document.delete(key);
  const users = usersOf(document, what);
  for (const [key, value] of Object.entries(ours.keys))
    document.set(document.createNode(key), document.createNode(value));
  if (users) addUser(document, users, ours.user);
  else document.set("users", document.createNode([ours.user]));
  return print(document);
}

/** Parses; throws `cloud-init-invalid` with line and column. Messages hold nothing of the text: it may be secret. */
function read(given: string, what: string): Document {
  const text = given.replace(byteOrderMark, "");
  limit(text, what);
  if (!firstLine.test(text)) {
    throw invalid(`${what} does not begin with the line #cloud-config`, [
      ["form", "#cloud-config on the first line, YAML below it; a script goes under runcmd:"],
    ]);
  }
  // Its own line is left out, and its place kept, so that lines are counted as the user counts them.
  const yaml = text.replace(firstLine, "\n");
  const refuse = (fault: Fault | undefined) => {
    if (fault) throw invalid(`${what} is not valid YAML: ${fault.why} (${placeIn(yaml, fault.offset)})`);
  };
  refuse(tooManyTokens(yaml));
  const document: Document = parseDocument(yaml, {
    version: yamlVersion,
    intAsBigInt: true,
    prettyErrors: false,
    // Its own check takes time in the square of the keys.
    uniqueKeys: false,
  });
  const [error] = document.errors;
  refuse(error && { why: error.message.replace(/[:;] .*/s, ""), offset: error.pos[0] });
  refuse(faultIn(document));
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    document.contents = document.createNode({});
  if (!isMap(document.contents)) {
    throw invalid(`${what} holds no keys and values (${placeIn(yaml, startOf(document.contents as Node))})`, [
      ["form", "key: value, for example packages: [nginx]"],
    ]);
  }
  return document;
}

function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function limit(text: string, what: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= cloudInitBytesMax) return;
  throw new UserError(
    "cloud-init-too-large",
    `${what} has ${formatSize(bytes)}, more than the ${formatSize(cloudInitBytesMax)} that a guest's seed can hold`,
    { hints: [["next", "let the guest fetch what is large: a command under runcmd: can download it"]] },
  );
}

/** The list of users; undefined when there is none. cloud-init itself warns about other forms. */
function usersOf(document: Document, what: string): YAMLSeq | undefined {
  const node: unknown = document.get("users", true);
  const users = resolved(document, node);
  if (users === undefined || (isScalar(users) && users.value === null)) return undefined;
  if (isSeq(users)) return users;
  throw invalid(`users in ${what} is not a list`, [["form", "users: and below it a line for each:   - name: anna"]]);
}

/** Our user at the end; or our key added to the entry that the user made for that name. */
function addUser(document: Document, users: YAMLSeq, ours: Ours["user"]): void {
  const items = users.items.map((item) => resolved(document, item));
  const at = items.findIndex((item) => isMap(item) && item.get("name") === ours.name);
  const entry = at < 0 ? document.createNode(ours) : withKeys(items[at] as YAMLMap, document, ours.ssh_authorized_keys);
  // Another key of the document may refer to the same list: only this one changes.
  const list = document.createNode([]) as YAMLSeq;
  list.items = at < 0 ? [...users.items, entry] : users.items.with(at, entry);
  document.set("users", list);
}

/** The entry with more keys. cloud-init takes `-` for `_` in this name, and one key or a list of them. */
function withKeys(given: YAMLMap, document: Document, keys: readonly string[]): YAMLMap {
  const entry = given.clone() as YAMLMap;
  const list = document.createNode([]) as YAMLSeq;
  for (const name of ["ssh-authorized-keys", "ssh_authorized_keys"]) {
    const known = resolved(document, entry.get(name, true));
    if (isSeq(known)) list.items.push(...known.items);
    else if (isScalar(known) && known.value !== null) list.items.push(known);
    entry.delete(name);
  }
  list.items.push(...keys.map((key) => document.createNode(key)));
  entry.set(document.createNode("ssh_authorized_keys"), list);
  return entry;
}

const resolved = (document: Document, node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);

/** The upper levels in block style, a key per line, for readers that are no YAML parsers. */
function print(document: Document): string {
  visit(document, {
    Collection(_key, node, path) {
      if (path.length > 4) return visit.SKIP;
      const isCommand = isSeq(node) && isSeq(path.at(-1));
      if (!isCommand) node.flow = false;
      return undefined;
    },
  });
  document.commentBefore = null;
  if (document.contents) document.contents.commentBefore = null;
  if (document.directives) document.directives.docStart = null;
  return `#cloud-config\n${document.toString({ lineWidth: 0 })}`;
}

function invalid(message: string, hints: readonly (readonly [string, string])[] = []): UserError {
  return new UserError("cloud-init-invalid", message, { hints });
}

/** Shorter values are too common to tell whose they are. */
const hiddenLengthMin = 6;
/** Keys whose values are no secrets in any reading: without them a message would say too little. */
const openKeys = new Set(
  `packages timezone locale name groups primary_group shell path owner permissions fqdn layout device devices
  filesystem label fs_type mounts ntp servers pools`.split(/\s+/),
);

/** `message` without the words that stand in the text as values: what a guest says of its own mistakes may quote them. */
export function hideValues(message: string, text: string): string {
  const words = new Set<string>();
  visit(read(text, "the cloud-init text"), {
    Pair: (_key, { key }) => (isScalar(key) && openKeys.has(String(key.value)) ? visit.SKIP : undefined),
    Scalar(key, { value }) {
      if (key === "key" || value === null) return;
      for (const line of String(value).split("\n")) words.add(line.trim());
      for (const word of String(value).split(/[\s'"=,;:()[\]{}]+/)) words.add(word);
    },
  });
  return [...words]
    .filter((word) => word.length >= hiddenLengthMin)
    .sort((a, b) => b.length - a.length)
    .reduce((shown, word) => shown.replaceAll(word, "(hidden)"), message);
}
