/** Which requests come from our own page, by what browsers say of them: a table. */
import { expect, test } from "bun:test";
import { type Asked, isGuarded, refusalOf, routeOf } from "../../../src/daemon/window/checks.ts";

const port = 4711;
const own = `http://127.0.0.1:${port}`;
const get: Asked = {
  method: "GET",
  path: "/v1/instance.list",
  isUpgrade: false,
  host: `127.0.0.1:${port}`,
  origin: undefined,
  site: undefined,
  mode: undefined,
  destination: undefined,
};
const post: Asked = { ...get, method: "POST", origin: own, site: "same-origin" };
const socket: Asked = { ...get, isUpgrade: true, origin: own };
/** As a browser asks for a page that a link elsewhere leads to. */
const opening: Asked = { ...get, path: "/", site: "cross-site", mode: "navigate", destination: "document" };

test.each<[string, Asked, number | undefined]>([
  ["a program reads", get, undefined],
  ["the page posts", post, undefined],
  ["the page opens a socket", socket, undefined],
  [
    "the page under its other name",
    { ...post, host: `localhost:${port}`, origin: `http://localhost:${port}` },
    undefined,
  ],
  ["a typed address", { ...get, path: "/", site: "none" }, undefined],
  ["a link or a file leads to the page", opening, undefined],
  ["no host", { ...get, host: undefined }, 421],
  ["another name", { ...get, host: "evil.test" }, 421],
  ["another name and our port", { ...post, host: `evil.test:${port}`, origin: `http://evil.test:${port}` }, 421],
  ["a name that begins as ours", { ...get, host: `127.0.0.1.evil.test:${port}` }, 421],
  ["another port", { ...get, host: "127.0.0.1:80" }, 421],
  ["no port", { ...get, host: "127.0.0.1" }, 421],
  ["a name in capitals is none of ours", { ...get, host: `LOCALHOST:${port}` }, 421],
  ["a link to the page under another name", { ...opening, host: `evil.test:${port}` }, 421],
  ["a post without an origin", { ...post, origin: undefined }, 403],
  ["a post of a page without one", { ...post, origin: "null" }, 403],
  ["a post of a page at another port", { ...post, origin: "http://127.0.0.1:8080" }, 403],
  ["a post of the page under our other name", { ...post, origin: `http://localhost:${port}` }, 403],
  ["a post of https", { ...post, origin: `https://127.0.0.1:${port}` }, 403],
  ["a delete without an origin", { ...post, method: "DELETE", origin: undefined }, 403],
  ["a method nobody knows without an origin", { ...get, method: "PROPFIND" }, 403],
  ["a socket without an origin", { ...socket, origin: undefined }, 403],
  ["a socket of another page", { ...socket, origin: "http://127.0.0.1:8080" }, 403],
  ["a get of another site", { ...get, site: "cross-site" }, 403],
  ["a get of another port of this host", { ...get, site: "same-site" }, 403],
  ["a post of another site that lies about its origin", { ...post, site: "cross-site" }, 403],
  ["the page as a frame", { ...opening, destination: "iframe" }, 403],
  ["the page as a script's prey", { ...opening, mode: "no-cors", destination: "empty" }, 403],
  ["a link to a call", { ...opening, path: "/v1/instance.list" }, 403],
  ["a form that posts to the page", { ...opening, method: "POST", origin: "http://evil.test" }, 403],
])("%s", (_what, asked, status) => expect(refusalOf(asked, port)?.status).toBe(status));

test("whoever asks under another name learns nothing else", () =>
  expect(refusalOf({ ...post, host: "evil.test", origin: undefined, site: "cross-site" }, port)?.code).toBe(
    "host-foreign",
  ));

test("what was asked for is said in words of ours", () => {
  expect(["/", "/session", "/session/resume", "/metrics", "/v1/x", "/<script>"].map(routeOf)).toEqual([
    "the window",
    "the window's session",
    "the window's session/resume",
    "the window's metrics",
    "a call through the window",
    "a file of the window",
  ]);
  expect(["/v1/x", "/session", "/session/x", "/metrics"].every(isGuarded)).toBe(true);
  expect(["/", "/chunk.js", "/favicon.ico", "/sessions.js", "/metricsx"].some(isGuarded)).toBe(false);
});
