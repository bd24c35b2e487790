/** The launch form: requests, faults and lines. */
import { expect, test } from "bun:test";
import { emptyLaunch, readLaunch } from "../../../src/gui/pure/launch.ts";

test("an empty form is a launch without options", () => {
  expect(readLaunch(emptyLaunch)).toEqual({ request: {}, faults: {}, line: "strata launch" });
});

test("everything that was typed is in the request and in the line", () => {
  const { request, faults, line } = readLaunch({
    ...emptyLaunch,
    image: "noble",
    name: "web",
    cpus: "2",
    memory: "2G",
    disk: "10G",
    network: "lab",
    allowNet: "deb.debian.org",
    expires: "2h",
    ephemeral: true,
    labels: "use=demo, team=a",
    reason: "a try",
  });
  expect(faults).toEqual({});
  expect(request).toEqual({
    image: { name: "noble" },
    name: "web",
    cpus: 2,
    memory: 2 * 2 ** 30,
    disk: 10 * 2 ** 30,
    networks: [{ name: "lab" }],
    allowNet: "deb.debian.org",
    lifetimeMs: 7_200_000,
    ephemeral: true,
    labels: { use: "demo", team: "a" },
    reason: "a try",
  });
  expect(line).toBe(
    "strata launch noble --name web --cpus 2 --memory 2G --disk 10G --network lab --allow-net deb.debian.org --expires 2h --ephemeral --label use=demo --label team=a --reason 'a try'",
  );
});

test("each fault stands at its field, and its value is not sent", () => {
  const { request, faults } = readLaunch({ ...emptyLaunch, name: "-", cpus: "none", memory: "2X", labels: "x" });
  expect(Object.keys(faults).sort()).toEqual(["cpus", "labels", "memory", "name"]);
  expect(request).toEqual({});
});
