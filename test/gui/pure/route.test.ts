/** Fragments of the address and the places they lead to. */
import { expect, test } from "bun:test";
import { readRoute, type Route, writeRoute } from "../../../src/gui/pure/route.ts";

const pairs: readonly (readonly [string, Route])[] = [
  ["#/instances", { page: "instances" }],
  ["#/instances/web", { page: "instance", name: "web", tab: "overview" }],
  ["#/instances/web/terminal", { page: "instance", name: "web", tab: "terminal" }],
  ["#/instances/a%2Fb%25/disk", { page: "instance", name: "a/b%", tab: "disk" }],
  ["#/history", { page: "history" }],
  ["#/history/42", { page: "history", operation: 42 }],
  ["#/images", { page: "images" }],
  ["#/networks", { page: "networks" }],
  ["#/settings", { page: "settings" }],
];

test.each(pairs)("%s is read and written", (fragment, route) => {
  expect(readRoute(fragment)).toEqual(route);
  expect(writeRoute(route)).toBe(fragment);
});

test("what is not known leads to something that is", () => {
  expect(readRoute("")).toEqual({ page: "instances" });
  expect(readRoute("#/nowhere")).toEqual({ page: "instances" });
  expect(readRoute("#/instances/web/nothing")).toEqual({ page: "instance", name: "web", tab: "overview" });
  expect(readRoute("#/history/0x2")).toEqual({ page: "history" });
  expect(readRoute("#/instances/%zz")).toEqual({ page: "instance", name: "%zz", tab: "overview" });
});
