/** Which requests at a loopback port come from our own page, by what browsers say of them. Pure. */

/** What a request says of itself. Absent headers are undefined. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly isUpgrade: boolean;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Sec-Fetch-Site, -Mode and -Dest (W3C Fetch Metadata). Programs other than browsers send none. */
  readonly site: string | undefined;
  readonly mode: string | undefined;
  readonly destination: string | undefined;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** For whoever asked, and for the log; nothing in it is the caller's text. */
  readonly why: string;
}

/** Names under which the daemon is asked at its port; all others were turned here by somebody's DNS. */
const hostNames = ["127.0.0.1", "localhost"];

/** The page itself has no secrets, and its address may be opened from anywhere, as a link or out of a file. */
const isOpening = ({ method, path, mode, destination }: Asked): boolean =>
  method === "GET" && path === "/" && mode === "navigate" && destination === "document";

/** Undefined: it may go on. The order is part of the design: whoever does not know the host learns nothing else. */
export function refusalOf(asked: Asked, port: number): Refusal | undefined {
  const { host, origin, site } = asked;
  if (host === undefined || !hostNames.some((name) => host === `${name}:${port}`))
    return { status: 421, code: "host-foreign", why: "it was asked for under another name" };
  const isReading = (asked.method === "GET" || asked.method === "HEAD") && !asked.isUpgrade;
  if (!isReading && origin !== `http://${host}`)
    return {
      status: 403,
      code: "origin-foreign",
      why: `it came from ${origin === undefined ? "no" : "another"} origin`,
    };
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isOpening(asked))
    return { status: 403, code: "site-foreign", why: "a page of another origin asked for it" };
  return undefined;
}

/** Is a session needed there? All else is the page and its files, or nothing at all. */
export const isGuarded = (path: string): boolean => /^\/(v1\/|session(\/|$)|metrics$)/.test(path);

/** What a request was for, in words of ours: the log keeps none of the caller's. */
export function routeOf(path: string): string {
  if (path === "/") return "the window";
  const known = /^\/(session(?:\/(?:resume|challenge|return|ticket))?|metrics)$/.exec(path)?.[1];
  if (known !== undefined) return `the window's ${known}`;
  return path.startsWith("/v1/") ? "a call through the window" : "a file of the window";
}
