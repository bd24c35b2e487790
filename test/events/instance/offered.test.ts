/** What a host said of an image stays with the instance, and goes on to its forks. */
import { expect, test } from "bun:test";
import { decide } from "../../../src/events/decide.ts";
import { viewInstance } from "../../../src/events/projections/instances.ts";
import { type Fact, facts, running, second, worldOf } from "../../spec.ts";

const offered = {
  host: "release",
  names: ["24.04", "noble"],
  release: "24.04",
  codename: "noble",
  version: "20250610",
};
const offer = {
  ...offered,
  title: "Ubuntu 24.04 LTS",
  architecture: "amd64",
  url: "https://images.example/noble.img",
  isSupported: true,
};
const launch = { ...facts.launchRequested, data: { ...facts.launchRequested.data, image: { name: "24.04", offer } } };
const point: Fact = {
  type: "instance.point-made",
  data: { id: "p", name: "good", kind: "snapshot", layer: "l-1", next: "l-2", bytes: 1, consistency: "off" },
};
const worldAfter = (...told: readonly Fact[]) => worldOf([launch, ...told]);
const imageOf = (...told: readonly Fact[]) => {
  const state = worldAfter(...told).instances.get("i-1");
  return state && viewInstance(state).image;
};

test("before and after it is fetched", () => {
  expect(imageOf()).toEqual({ name: "24.04", title: "24.04", offered });
  expect(imageOf(...running.slice(1))).toMatchObject({ title: "Tiny", offered });
});

test("with its forks", () => {
  const command = {
    type: "fork",
    id: "i-2",
    operation: "op-9",
    deadline: second(59),
    source: "i-1",
    point: "p",
  } as const;
  const own = { mac: "52:54:00:00:00:99", layer: "l-9", starts: false, fresh: false };
  const [forked] = decide({ ...command, ...own }, worldAfter(...running.slice(1), point));
  expect(forked?.data["image"]).toMatchObject({ offered });
});

test("and is not there for an image of a file", () => {
  const state = worldOf(running).instances.get("i-1");
  expect(state && Object.keys(viewInstance(state).image)).toEqual(["name", "title", "sha256"]);
});
