/** Where the page is, as the fragment of its address: `#/instances/web/terminal`. */

export const tabs = [
  "overview",
  "timeline",
  "terminal",
  "metrics",
  "configuration",
  "disk",
  "history",
  "console",
] as const;
export type Tab = (typeof tabs)[number];

export type Route =
  | { readonly page: "instances" }
  | { readonly page: "instance"; readonly name: string; readonly tab: Tab }
  | { readonly page: "history"; readonly operation?: number }
  | { readonly page: "images" }
  | { readonly page: "networks" }
  | { readonly page: "settings" };

export type PageName = Route["page"];

/** The route of a fragment; what is not known leads to the instances. */
export function readRoute(fragment: string): Route {
  const [first = "", second = "", third = ""] = fragment
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decoded);
  switch (first) {
    case "history":
      return /^[1-9]\d{0,14}$/.test(second) ? { page: "history", operation: Number(second) } : { page: "history" };
    case "images":
    case "networks":
    case "settings":
      return { page: first };
    default:
      if (second === "") return { page: "instances" };
      return { page: "instance", name: second, tab: tabs.find((tab) => tab === third) ?? "overview" };
  }
}

export function writeRoute(route: Route): string {
  switch (route.page) {
    case "instance":
      return `#/instances/${encodeURIComponent(route.name)}${route.tab === "overview" ? "" : `/${route.tab}`}`;
    case "history":
      return route.operation === undefined ? "#/history" : `#/history/${route.operation}`;
    default:
      return `#/${route.page}`;
  }
}

/** As it stands where it is no percent-encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
