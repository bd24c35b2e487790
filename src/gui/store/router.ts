/** The route as a signal, and the way to another. */
import { signal } from "@preact/signals";
import { readRoute, type Route, writeRoute } from "../pure/route.ts";

export function createRouter() {
  const route = signal<Route>(readRoute(location.hash));
  globalThis.addEventListener("hashchange", () => {
    route.value = readRoute(location.hash);
  });
  return {
    route,
    go(next: Route) {
      location.hash = writeRoute(next);
    },
  };
}
