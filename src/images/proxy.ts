/** Which proxy a request takes, by the variables that all such programs share. */
import { UserError, exitCodes } from "../errors.ts";
import type { Proxies } from "../model/outside.ts";

/** The proxy's address for `url`; undefined: none. Throws `proxy-invalid`, without naming the address: it may hold a password. */
export function proxyFor(url: string, proxies: Proxies): string | undefined {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === "https:";
  const given = (isSecure ? proxies.https : proxies.http) || proxies.all;
  if (!given || isExempt(hostname, port || (isSecure ? "443" : "80"), proxies.none ?? "")) return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  if (URL.canParse(address) && /^https?:/i.test(address)) return address;
  throw new UserError("proxy-invalid", `the proxy for ${isSecure ? "https" : "http"} is no http or https address`, {
    exit: exitCodes.usage,
    hints: [["form", `${isSecure ? "HTTPS_PROXY" : "HTTP_PROXY"}=http://proxy.example:3128`]],
  });
}

/** `*`, a name with all below it (a dot in front makes no difference), each with a port or without. */
function isExempt(hostname: string, port: string, none: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  return none
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === "*") return true;
      // An IPv6 address without brackets has colons of its own.
      const isBare = !entry.startsWith("[") && entry.split(":").length > 2;
      const [, name = "", only] = (isBare ? undefined : /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry)) ?? ["", entry];
      const domain = name.replace(/^\*?\./, "");
      return (only === undefined || only === port) && (host === domain || host.endsWith(`.${domain}`));
    });
}
