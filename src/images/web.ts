/** The one way out over HTTP: proxies, certificates, redirects and time limits of a request, each bounded. */
import type { Agent, Dispatcher } from "undici/index.js";
import { UserError } from "../errors.ts";
import { hostOf, shownUrl } from "../model/image-name.ts";
import type { Outside } from "../model/outside.ts";
import type { Files } from "../sys/files.ts";
import { inflated } from "./gzip.ts";
import { proxyFor } from "./proxy.ts";

export interface WebRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly outside: Pick<Outside, "proxies" | "certificates">;
  readonly signal: AbortSignal;
  /** What comes is checked by a digest, so that a redirect from https to http does no harm. */
  readonly isVerified?: boolean;
}

export interface WebAnswer {
  readonly status: number;
  /** After redirects. */
  readonly url: string;
  header(name: string): string | undefined;
  /** The body was packed for the way; its length and its ranges are those of the packed bytes. */
  readonly isPacked: boolean;
  /** Unpacked. Rejects with `image-host-unreachable` when it breaks off or stalls. To be read to its end or given up. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of the connection. */
  close(): Promise<void>;
}

export interface Web {
  /** Answers with the head. Rejects with `image-host-unreachable`, `image-redirect-refused`, `proxy-invalid` or the signal's reason. */
  get(request: WebRequest): Promise<WebAnswer>;
}

export interface WebLimits {
  readonly connectMs: number;
  readonly headMs: number;
  /** Without a byte. */
  readonly idleMs: number;
}

const usualLimits: WebLimits = { connectMs: 5_000, headMs: 20_000, idleMs: 30_000 };
const redirectsMax = 5;
const headerBytesMax = 64 * 1024;
const certificateBytesMax = 4 * 2 ** 20;

/** Where systems keep the certificates that they trust; the first that is there counts. */
const certificateFiles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** `unreachable` is thrown for every failure of the way; `why` is a text of ours, so that no proxy's password is in it. */
export const unreachableCode = "image-host-unreachable";

export function unreachable(url: string, why: string, cause?: unknown): UserError {
  return new UserError(unreachableCode, `${hostOf(url)} cannot be reached: ${why}`, {
    // The cause stays out: it may name a proxy with its password.
    ...(cause instanceof UserError && { cause }),
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name is not known here",
  EAI_AGAIN: "its name cannot be looked up now",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection broke off",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no network",
  ETIMEDOUT: "it does not answer",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
  UND_ERR_HEADERS_TIMEOUT: "it took the request and does not answer",
  UND_ERR_BODY_TIMEOUT: "it stopped sending",
  UND_ERR_SOCKET: "the connection broke off",
  UND_ERR_ABORTED: "the proxy refused the way",
  UND_ERR_HEADERS_OVERFLOW: "its answer's head is too long",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "its certificate is signed by nobody that is trusted here (SSL_CERT_FILE names others)",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is signed by nobody that is trusted here (SSL_CERT_FILE names others)",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by nobody that is trusted here (SSL_CERT_FILE names others)",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

/** What an error of the way means; undefined for one that is none. */
function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (error.name === "HTTPParserError") return "its answer is not HTTP";
  return reasons[code] ?? (code === "" ? undefined : `the connection failed (${code})`);
}

export function createWeb({ files, limits = usualLimits }: { files: Files; limits?: WebLimits }): Web {
  let systemCertificates: Promise<string | undefined> | undefined;
  return {
    async get(request) {
      const certificates = request.outside.certificates ?? (await (systemCertificates ??= readCertificates(files)));
      let { url } = request;
      for (let redirects = 0; ; redirects++) {
        const answer = await getOnce(request, url, certificates, limits);
        const next = isRedirect(answer.status) ? answer.header("location") : undefined;
        if (next === undefined) return answer;
        await answer.close();
        if (redirects === redirectsMax) throw refusedRedirect(url, `it redirects more than ${redirectsMax} times`);
        url = followed(url, next, request.isVerified ?? false);
      }
    },
  };
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

function followed(from: string, location: string, isVerified: boolean): string {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (to?.protocol === "https:") return to.href;
  if (to?.protocol === "http:" && (isVerified || from.startsWith("http:"))) return to.href;
  throw refusedRedirect(from, `it leads to ${to ? shownUrl(to.href) : "no address"}, which is not https`);
}

const refusedRedirect = (url: string, why: string) =>
  new UserError("image-redirect-refused", `the redirect of ${shownUrl(url)} is not followed: ${why}`);

async function getOnce(
  { headers, outside, signal }: WebRequest,
  url: string,
  certificates: string | undefined,
  limits: WebLimits,
): Promise<WebAnswer> {
  const dispatcher = await dispatcherFor(url, outside, certificates, limits);
  const close = () => dispatcher.destroy();
  try {
    const { request } = await import("undici/index.js");
    const answer = await request(url, { dispatcher, signal, headers: { "accept-encoding": "identity", ...headers } });
    return { status: answer.statusCode, url, close, ...contentOf(answer, url, signal, close) };
  } catch (error) {
    await close();
    throw told(error, url, signal);
  }
}

function told(error: unknown, url: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof UserError) return error;
  const why = reasonOf(error);
  return why === undefined ? error : unreachable(url, why);
}

function contentOf(
  { headers, body }: Dispatcher.ResponseData,
  url: string,
  signal: AbortSignal,
  close: () => Promise<void>,
): Pick<WebAnswer, "header" | "isPacked" | "body"> {
  const header = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const coding = header("content-encoding") ?? "identity";
  return { header, isPacked: coding !== "identity", body: reading(unpacked(body, coding, url), url, signal, close) };
}

/** Asked for as it is, but some servers pack it nevertheless. */
function unpacked(body: AsyncIterable<Uint8Array>, coding: string, url: string): AsyncIterable<Uint8Array> {
  if (coding === "identity") return body;
  if (coding !== "gzip" && coding !== "deflate")
    throw unreachable(url, `it packs its answers in a way not known here (${coding})`);
  return inflated(body, coding, () => unreachable(url, "its answer is packed wrongly"));
}

async function* reading(
  body: AsyncIterable<Uint8Array>,
  url: string,
  signal: AbortSignal,
  close: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw told(error, url, signal);
  } finally {
    await close();
  }
}

/** A connection of its own for each request: downloads are few, and what one caller trusts is not the next one's. */
async function dispatcherFor(
  url: string,
  { proxies }: WebRequest["outside"],
  certificates: string | undefined,
  { connectMs, headMs, idleMs }: WebLimits,
): Promise<Agent | Dispatcher> {
  const { Agent, ProxyAgent } = await import("undici/index.js");
  const proxy = proxyFor(url, proxies);
  const times = { headersTimeout: headMs, bodyTimeout: idleMs, maxHeaderSize: headerBytesMax };
  const tls = { timeout: connectMs, ...(certificates !== undefined && { ca: certificates }) };
  if (proxy === undefined) return new Agent({ ...times, connect: tls });
  const isTunnelled = url.startsWith("https:");
  return new ProxyAgent({
    ...times,
    uri: proxy,
    proxyTunnel: isTunnelled,
    requestTls: tls,
    proxyTls: tls,
    connect: tls,
  });
}

/** The system's trusted certificates; undefined: those that the runtime brings. */
async function readCertificates(files: Files): Promise<string | undefined> {
  for (const path of certificateFiles) {
    const status = await files.stat(path);
    if (status?.kind !== "file" || status.bytes === 0 || status.bytes > certificateBytesMax) continue;
    return new TextDecoder().decode(await files.read(path));
  }
  return undefined;
}
