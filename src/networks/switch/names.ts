/** Names of instances, asked for over DNS (RFC 1035) or LLMNR (RFC 4795): what the switch answers itself. */
import { decode, encode } from "dns-packet";
import type { Answer, Packet as Message, Question } from "dns-packet";
import { domain } from "../../model/domain.ts";
import { formatAddress, holds, readAddress } from "../../model/subnet.ts";
import type { Port } from "./table.ts";

/** Seconds; an instance that is gone is soon forgotten. */
const lifetime = 10;
/** Bits of the flags. */
const operation = 0x7800;
const isAuthoritative = 0x0400;
const isRecursive = 0x0080;
const nameError = 3;

export interface Query {
  readonly message: Message;
  readonly question: Question;
  /** In small letters, without the dot at its end. */
  readonly name: string;
}

/** The one question of a query. Undefined: it is none, or not to be read. */
export function readQuery(content: Uint8Array): Query | undefined {
  try {
    const message = decode(Buffer.from(content));
    const [question, ...others] = message.questions ?? [];
    const isQuery = message.type === "query" && ((message.flags ?? 0) & operation) === 0;
    if (!isQuery || !question || others.length > 0 || (question.class ?? "IN") !== "IN") return undefined;
    return { message, question, name: question.name.toLowerCase().replace(/\.$/, "") };
  } catch {
    return undefined;
  }
}

/** What the network of `asker` knows of a name. `elsewhere`: it is none of ours. */
export function lookUp({ question, name }: Query, asker: Port): readonly Answer[] | "missing" | "elsewhere" {
  if (question.type === "PTR") return lookUpAddress(name, asker);
  const isOurs = name === domain || name.endsWith(`.${domain}`);
  const found = asker.segment.byName.get(isOurs ? name.slice(0, -domain.length - 1) : name);
  if (!found) return isOurs && name !== domain ? "missing" : isOurs ? [] : "elsewhere";
  return question.type === "A" ? [addressRecord(question.name, formatAddress(found.address))] : [];
}

function lookUpAddress(name: string, { segment }: Port): readonly Answer[] | "missing" | "elsewhere" {
  const [, reversed] = /^((?:\d+\.){4})in-addr\.arpa$/.exec(name) ?? [];
  const address = readAddress((reversed ?? "").split(".").slice(0, 4).reverse().join("."));
  if (address === undefined || !holds(segment.subnet, address)) return "elsewhere";
  const found = segment.byAddress.get(address);
  return found ? [{ type: "PTR", name, ttl: lifetime, data: `${found.name}.${domain}` }] : "missing";
}

export const addressRecord = (name: string, address: string): Answer => ({
  type: "A",
  name,
  ttl: lifetime,
  data: address,
});

/** As a name server says it; `missing`: there is no such name. */
export function encodeAnswer({ message, question }: Query, answers: readonly Answer[] | "missing"): Uint8Array {
  const asked = (message.flags ?? 0) & 0x0100;
  const flags = isAuthoritative | isRecursive | asked | (answers === "missing" ? nameError : 0);
  return encodeMessage(message, question, flags, answers === "missing" ? [] : answers);
}

/** As the one who has the name says it. */
export const encodeOwn = ({ message, question }: Query, answers: readonly Answer[]): Uint8Array =>
  encodeMessage(message, question, 0, answers);

function encodeMessage(message: Message, question: Question, flags: number, answers: readonly Answer[]): Uint8Array {
  const id = message.id ?? 0;
  return encode({ type: "response", id, flags, questions: [question], answers: [...answers] });
}
