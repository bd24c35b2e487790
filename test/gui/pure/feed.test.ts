/** What each kind of event makes out of date. */
import { expect, test } from "bun:test";
import type { EventView } from "../../../src/model/view.ts";
import { type FeedState, fresh, heard, refreshed } from "../../../src/gui/pure/feed.ts";

const start: FeedState = { position: 10, stale: fresh };
const event = (position: number, type: string, stream: string, more: Record<string, unknown> = {}): EventView => ({
  position,
  time: "2026-11-28T08:00:01.000Z",
  type,
  version: 1,
  stream,
  data: {},
  ...more,
});
const staleAfter = (...events: EventView[]) => events.reduce(heard, start).stale;

test("an event of an instance makes that instance stale, and nothing of others", () => {
  const stale = staleAfter(event(11, "instance.started", "instance/a", { operation: "op" }));
  expect([...stale.instances]).toEqual(["a"]);
  expect(stale).toMatchObject({ list: false, operations: true, images: false, networks: false, settings: false });
});

test("instances that come, go or are renamed make the list stale", () => {
  for (const type of ["instance.launch-requested", "instance.purged", "instance.renamed", "instance.fork-requested"])
    expect(staleAfter(event(11, type, "instance/a")).list).toBe(true);
});

test("points, images, networks and settings are told by their own events", () => {
  expect(staleAfter(event(11, "instance.point-made", "instance/a")).points).toBe(true);
  expect(staleAfter(event(11, "image.removed", "image/x")).images).toBe(true);
  expect(staleAfter(event(11, "network.created", "network/lab")).networks).toBe(true);
  expect(staleAfter(event(11, "settings.changed", "settings/daemon"))).toMatchObject({
    settings: true,
    operations: true,
  });
});

test("what was heard already changes nothing, so that a feed may begin again a little earlier", () => {
  expect(heard(start, event(10, "instance.purged", "instance/a"))).toBe(start);
});

test("after asking anew, the position stays and nothing is stale", () => {
  const state = refreshed(heard(start, event(11, "instance.purged", "instance/a")));
  expect(state.position).toBe(11);
  expect(state.stale).toEqual(fresh);
});
