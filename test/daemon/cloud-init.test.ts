/** cloud-init texts on disk, and what is made of how cloud-init ended. */
import { describe, expect, test } from "bun:test";
import { createCloudInitStore, judgeCloudInit } from "../../src/daemon/cloud-init.ts";
import { keepingCloudInit } from "../../src/daemon/handlers/cloud-init.ts";
import { Rejected } from "../../src/events/decider.ts";
import type { Progress } from "../../src/model/operation.ts";
import { createDisk } from "../simulation/disk.ts";
import { running, worldOf } from "../spec.ts";

const text = "#cloud-config\nruncmd: [echo CANARY-1234]\n";

async function kept(id = "i-1") {
  const files = createDisk().boot();
  const store = createCloudInitStore("/data/cloud-init", files);
  const cloudInit = await store.keep(id, text);
  return { files, store, instance: { id, name: "web", cloudInit } };
}

describe("a text", () => {
  test("is kept for its owner only, and read back whole", async () => {
    const { files, store, instance } = await kept();
    expect(instance.cloudInit).toEqual({
      sha256: new Bun.CryptoHasher("sha256").update(text).digest("hex"),
      bytes: 41,
    });
    expect((await files.stat("/data/cloud-init/i-1.yaml"))?.mode).toBe(0o600);
    expect((await files.stat("/data/cloud-init"))?.mode).toBe(0o700);
    expect(await store.read(instance)).toBe(text);
  });

  test("that is changed or gone is never taken for none", async () => {
    const { files, store, instance } = await kept();
    await files.writeAtomically("/data/cloud-init/i-1.yaml", Buffer.from("#cloud-config\n"), 0o600);
    await expect(store.read(instance)).rejects.toMatchObject({ code: "cloud-init-lost" });
    await store.forget("i-1");
    await expect(store.read(instance)).rejects.toMatchObject({ code: "cloud-init-lost" });
    expect(await store.read({ id: "i-1", name: "web" })).toBeUndefined();
  });

  test("of a launch that was never recorded is removed at the next start; others stay", async () => {
    const { files, store } = await kept();
    await store.keep("i-2", text);
    await store.collect((id) => id === "i-1");
    expect(await files.list("/data/cloud-init")).toEqual(["i-1.yaml"]);
  });
});

describe("a launch", () => {
  const attempt = async (id: string, launch: () => Promise<object>, given = text) => {
    const { files, store } = await kept("other");
    const dispatcher = { world: () => worldOf(running) } as never;
    const outcome = await keepingCloudInit({ cloudInit: store, dispatcher }, id, given, launch).catch(
      (error: unknown) => error,
    );
    return { outcome, names: await files.list("/data/cloud-init") };
  };
  test("that is accepted keeps its text", async () =>
    expect((await attempt("i-1", async () => ({}))).names).toEqual(["i-1.yaml", "other.yaml"]));
  test("that came before keeps no second one", async () =>
    expect((await attempt("i-9", async () => ({}))).names).toEqual(["other.yaml"]));
  test("that is refused keeps none", async () =>
    expect((await attempt("i-1", () => Promise.reject(new Rejected("instance-exists", "x")))).names).toEqual([
      "other.yaml",
    ]));
  test("whose record may or may not be written keeps it", async () =>
    expect((await attempt("i-1", () => Promise.reject(new Error("EIO")))).names).toEqual(["i-1.yaml", "other.yaml"]));
  test("with a text that is none is refused before anything is kept", async () => {
    const { outcome, names } = await attempt("i-1", async () => ({}), "#!/bin/sh\n");
    expect(outcome).toMatchObject({ code: "cloud-init-invalid" });
    expect(names).toEqual(["other.yaml"]);
  });
});

describe("the end of cloud-init", () => {
  const judge = (report: Parameters<typeof judgeCloudInit>[0], given: string | undefined = text) => {
    const said: Progress[] = [];
    return { result: judgeCloudInit(report, given, (progress) => said.push(progress)), said };
  };
  test("is done without a word more", () =>
    expect(judge({ status: "done", messages: [] })).toEqual({
      result: { step: "cloud-init", status: "done" },
      said: [],
    }));
  test("counts as done with warnings, which are told", () =>
    expect(judge({ status: "degraded", messages: ["old key"] })).toEqual({
      result: { step: "cloud-init", status: "degraded", detail: "old key" },
      said: [{ kind: "note", label: "warning", text: "cloud-init: old key" }],
    }));
  test("in a guest without it is fine, and a text that it would have needed is told of", () => {
    expect(judge({ status: "none", messages: [] }, "").said).toHaveLength(1);
    expect(judgeCloudInit({ status: "none", messages: [] }, undefined, () => {})).toEqual({
      step: "cloud-init",
      status: "none",
    });
  });
  test("that failed is an error with its message, without the text's values", () => {
    const fail = () => judge({ status: "error", messages: ["CANARY-1234: not found", "two"] });
    expect(fail).toThrow(expect.objectContaining({ code: "cloud-init-failed", message: "(hidden): not found; two" }));
  });
});
