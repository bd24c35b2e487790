import { describe, test } from "bun:test";
import type { InstanceCommand } from "../../../src/events/instance/commands.ts";
import { bootResult, facts, given, running, second, specs, stopped } from "../../spec.ts";

const opens = { id: "i-1", operation: "op-9", deadline: second(59) };
const launch: InstanceCommand = {
  type: "launch",
  ...opens,
  id: "i-2",
  name: "db",
  image: { name: "tiny" },
  specs,
  mac: "52:54:00:00:00:02",
  layer: "l-2",
  user: "ubuntu",
};
const failed = { code: "x", reason: "y", result: "failed" } as const;

describe("launch", () => {
  test("records the intent only, with the next number and a free address", () =>
    given(...running)
      .when(launch)
      .thenEvents([
        {
          type: "instance.launch-requested",
          stream: "instance/i-2",
          data: { number: 2, ordinal: 2, address: "10.77.0.3", name: "db" },
        },
      ]));
  test("records of its cloud-init text the digest and the size", () =>
    given()
      .when({ ...launch, cloudInit: { sha256: "c".repeat(64), bytes: 20 } })
      .thenEvents([{ data: { cloudInit: { sha256: "c".repeat(64), bytes: 20 } } }]));
  test("is refused while another instance has the name", () =>
    given(facts.launchRequested)
      .when({ ...launch, name: "web" })
      .thenRefused("instance-exists"));
  test("is refused while a deleted instance has the name", () =>
    given(...stopped, facts.deleteRequested, facts.deleted)
      .when({ ...launch, name: "web" })
      .thenRefused("instance-exists"));
  test("is refused for a hardware address in use", () =>
    given(...running)
      .when({ ...launch, mac: "52:54:00:00:00:01" })
      .thenRefused("mac-in-use"));
  test("of the same id again records nothing", () =>
    given(facts.launchRequested)
      .when({ ...launch, id: "i-1" })
      .thenTypes());
  test("may take the name of a purged instance", () =>
    given(...stopped, facts.deleteRequested, facts.deleted, facts.purgeRequested, {
      type: "instance.purged",
      operation: "op-4",
    })
      .when({ ...launch, name: "web" })
      .thenTypes("instance.launch-requested"));
});

describe("start, stop, restart", () => {
  test("starting a stopped instance records the intent only", () =>
    given(...stopped)
      .when({ type: "start", ...opens })
      .thenTypes("instance.start-requested"));
  test("starting a running and reachable instance records nothing", () =>
    given(...running)
      .when({ type: "start", ...opens })
      .thenTypes());
  test("starting while busy is refused", () =>
    given(...stopped, facts.startRequested)
      .when({ type: "start", ...opens })
      .thenRefused("operation-pending"));
  test("starting a deleted instance is refused", () =>
    given(...stopped, facts.deleteRequested, facts.deleted)
      .when({ type: "start", ...opens })
      .thenRefused("instance-deleted"));
  test("starting what does not exist is refused", () =>
    given()
      .when({ type: "start", ...opens })
      .thenRefused("instance-not-found"));
  test("stopping a running instance records the intent only", () =>
    given(...running)
      .when({ type: "stop", force: false, ...opens })
      .thenTypes("instance.stop-requested"));
  test("stopping a stopped instance records nothing", () =>
    given(...stopped)
      .when({ type: "stop", force: false, ...opens })
      .thenTypes());
  test("restarting a stopped instance is refused", () =>
    given(...stopped)
      .when({ type: "restart", force: false, ...opens })
      .thenRefused("instance-not-running"));
});

describe("delete, recover, purge", () => {
  test("deleting a stopped instance is done at once", () =>
    given(...stopped)
      .when({ type: "delete", expires: second(40), ...opens })
      .thenTypes("instance.delete-requested", "instance.deleted"));
  test("deleting a running instance stops it first", () =>
    given(...running)
      .when({ type: "delete", expires: second(40), ...opens })
      .thenTypes("instance.delete-requested"));
  test("deleting twice records nothing", () =>
    given(...stopped, facts.deleteRequested, facts.deleted)
      .when({ type: "delete", expires: second(40), ...opens })
      .thenTypes());
  test("recovering a deleted instance takes it out of the trash", () =>
    given(...stopped, facts.deleteRequested, facts.deleted)
      .when({ type: "recover", ...opens })
      .thenTypes("instance.recovered"));
  test("recovering what is not deleted records nothing", () =>
    given(...stopped)
      .when({ type: "recover", ...opens })
      .thenTypes());
  test("purging what is not deleted is refused", () =>
    given(...stopped)
      .when({ type: "purge", live: false, ...opens })
      .thenRefused("instance-not-deleted"));
  test("purging a live one on request records the intent", () =>
    given(...running)
      .when({ type: "purge", live: true, ...opens })
      .thenTypes("instance.purge-requested"));
});

describe("outcomes", () => {
  const launching = [facts.launchRequested, facts.imageReady, facts.diskCreated];
  const answering = [...launching, facts.booted("op-1"), facts.reachable("op-1")];
  test("a launch whose guest answers still owes its cloud-init", () =>
    given(...launching, facts.booted("op-1"))
      .when({ type: "step-succeeded", id: "i-1", operation: "op-1", result: { step: "reachable" } })
      .thenTypes("instance.reachable"));
  test("the last step of a launch closes it", () =>
    given(...answering)
      .when({
        type: "step-succeeded",
        id: "i-1",
        operation: "op-1",
        result: { step: "cloud-init", status: "degraded", detail: "w" },
      })
      .thenEvents([
        { type: "instance.provisioned", data: { status: "degraded", detail: "w" } },
        { type: "instance.launched" },
      ]));
  test("a start does not wait for cloud-init", () =>
    given(...stopped, facts.startRequested, facts.booted("op-2"))
      .when({ type: "step-succeeded", id: "i-1", operation: "op-2", result: { step: "reachable" } })
      .thenTypes("instance.reachable", "instance.started"));
  test("a step of the middle is a fact only", () =>
    given(...launching)
      .when({ type: "step-succeeded", id: "i-1", operation: "op-1", result: bootResult })
      .thenTypes("instance.booted"));
  test("an image that the vault did not have is recorded in the same batch", () =>
    given(facts.launchRequested)
      .when({
        type: "step-succeeded",
        id: "i-1",
        operation: "op-1",
        result: {
          step: "image",
          name: "tiny",
          title: "Tiny",
          sha256: "b".repeat(64),
          bytes: 1,
          virtualSize: 2,
          format: "qcow2",
        },
      })
      .thenTypes("image.added", "instance.image-ready"));
  test("an outcome that is no longer awaited records nothing", () =>
    given(...running)
      .when({ type: "step-succeeded", id: "i-1", operation: "op-1", result: { step: "reachable" } })
      .thenTypes());
  test("a step that is not owed now records nothing", () =>
    given(...launching)
      .when({ type: "step-succeeded", id: "i-1", operation: "op-1", result: { step: "reachable" } })
      .thenTypes());
  test("the stop of a stop is its outcome", () =>
    given(...running, facts.stopRequested)
      .when({ type: "step-succeeded", id: "i-1", operation: "op-2", result: { step: "stop", cause: "user" } })
      .thenTypes("instance.stopped"));
  test("the stop of a delete leads to the trash", () =>
    given(...running, facts.deleteRequested)
      .when({ type: "step-succeeded", id: "i-1", operation: "op-3", result: { step: "stop", cause: "user" } })
      .thenTypes("instance.stopped", "instance.deleted"));
});

describe("failures", () => {
  test("a launch that fails before the guest answers is taken back first", () =>
    given(facts.launchRequested, facts.imageReady)
      .when({ type: "step-failed", id: "i-1", operation: "op-1", step: "disk", ...failed })
      .thenTypes("instance.operation-abandoned"));
  test("and closes when that is done, leaving no instance", () =>
    given(facts.launchRequested, facts.imageReady, facts.abandoned("op-1", "disk"))
      .when({ type: "step-succeeded", id: "i-1", operation: "op-1", result: { step: "destroy" } })
      .thenEvents([{ type: "instance.launch-failed", data: { step: "disk", kept: false } }]));
  test("a guest that never answers stays for its user to look at", () =>
    given(facts.launchRequested, facts.imageReady, facts.diskCreated, facts.booted("op-1"))
      .when({ type: "step-failed", id: "i-1", operation: "op-1", step: "reachable", ...failed, result: "timeout" })
      .thenEvents([{ type: "instance.launch-failed", data: { kept: true, result: "timeout" } }]));
  test("a guest whose cloud-init failed stays for its user to look at", () =>
    given(facts.launchRequested, facts.imageReady, facts.diskCreated, facts.booted("op-1"), facts.reachable("op-1"))
      .when({ type: "step-failed", id: "i-1", operation: "op-1", step: "cloud-init", ...failed })
      .thenEvents([{ type: "instance.launch-failed", data: { step: "cloud-init", kept: true } }]));
  test("unless its user gave the launch up", () =>
    given(facts.launchRequested, facts.imageReady, facts.diskCreated, facts.booted("op-1"))
      .when({ type: "step-failed", id: "i-1", operation: "op-1", step: "reachable", ...failed, result: "cancelled" })
      .thenTypes("instance.operation-abandoned"));
  test("a start that fails leaves nothing running", () =>
    given(...stopped, facts.startRequested)
      .when({ type: "step-failed", id: "i-1", operation: "op-2", step: "boot", ...failed })
      .thenTypes("instance.operation-abandoned"));
  test("a stop that fails says so at once", () =>
    given(...running, facts.stopRequested)
      .when({ type: "step-failed", id: "i-1", operation: "op-2", step: "stop", ...failed })
      .thenTypes("instance.stop-failed"));
  test("cancelling records the wish once", () =>
    given(...stopped, facts.startRequested)
      .when({ type: "cancel", id: "i-1", operation: "op-2" })
      .thenTypes("instance.cancel-requested"));
  test("cancelling what has ended is refused", () =>
    given(...running)
      .when({ type: "cancel", id: "i-1", operation: "op-1" })
      .thenRefused("operation-ended"));
});

describe("what happens by itself", () => {
  test("a guest that powers off is recorded with its cause", () =>
    given(...running)
      .when({ type: "observe-ended", id: "i-1", cause: "guest" })
      .thenEvents([{ type: "instance.stopped", data: { cause: "guest" } }]));
  test("an end that a pending stop will tell of is left to it", () =>
    given(...running, facts.stopRequested)
      .when({ type: "observe-ended", id: "i-1", cause: "guest" })
      .thenTypes());
  test("an end during the wait for the guest is recorded", () =>
    given(facts.launchRequested, facts.imageReady, facts.diskCreated, facts.booted("op-1"))
      .when({ type: "observe-ended", id: "i-1", cause: "crash" })
      .thenTypes("instance.stopped"));
  test("a machine found running is adopted", () =>
    given(...stopped)
      .when({
        type: "observe-running",
        id: "i-1",
        ssh: { host: "h", port: 1 },
        accelerator: "tcg",
        cpu: "c",
        build: "b",
      })
      .thenEvents([{ type: "instance.booted", data: { adopted: true } }]));
});

describe("sessions", () => {
  test("start only in a running instance", () =>
    given(...stopped)
      .when({ type: "session-start", id: "i-1", session: "s", kind: "exec", arguments: 0, terminal: false })
      .thenRefused("instance-not-running"));
  test("end once", () =>
    given(
      ...running,
      { type: "instance.session-started", data: { session: "s", kind: "exec", arguments: 0, terminal: false } },
      { type: "instance.session-ended", data: { session: "s", result: "0" } },
    )
      .when({ type: "session-end", id: "i-1", session: "s", result: "0" })
      .thenTypes());
});
