/**
 * How the page comes back to its daemon after every connection was gone: whoever listens at the port may be another program.
 * The daemon proves first that it knows the bearer's hash, then the page does, and gets a new bearer; no secret is sent
 * (daemon/window/proofs.ts says what a proof is).
 */
import { fromWire } from "../../api/wire.ts";
import { ended, foreign, isCode, translated } from "./faults.ts";
import { isRecord, type Session, sessionIn } from "./session.ts";

/** Whoever takes longer is not waited for: it is tried again. */
const answerMsMax = 5_000;
const nonceBytes = 32;

/** The session with its new bearer. Throws `daemon-gone` to be tried again, and `session-ended`. */
export async function comeBack({ session, bearer }: Session): Promise<Session> {
  const prove = await prover(bearer);
  const mine = base64url(crypto.getRandomValues(new Uint8Array(nonceBytes)));
  const challenge = await post("/session/challenge", { session, nonce: mine });
  const { nonce, proof } = challenge;
  if (typeof nonce !== "string" || typeof proof !== "string") throw foreign(200);
  // Another window has this session now (a tab that was doubled), or another program wants it: neither ends by trying again.
  if (proof !== (await prove(`daemon ${mine}`))) throw ended();
  const next = sessionIn(await post("/session/return", { nonce, proof: await prove(`page ${nonce}`) }));
  if (!next) throw foreign(200);
  return next;
}

/** Makes HMAC-SHA-256 of a text by the SHA-256 of the bearer. */
async function prover(bearer: string): Promise<(text: string) => Promise<string>> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes(bearer));
  const key = await crypto.subtle.importKey("raw", hash, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return async (text) => base64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(text))));
}

async function post(path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(answerMsMax),
  }).catch(translated);
  const answer: unknown = await response.json().catch(() => undefined);
  if (isCode(fromWire(answer), "session-needed")) throw ended();
  if (!response.ok || !isRecord(answer)) throw foreign(response.status);
  return answer;
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
