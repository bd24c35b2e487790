/** find, images, the keyring setting and a launch's image step: the real program against a stand-in for the daemon. */
import { afterEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import type { FoundImages, ImageView } from "../../src/model/view.ts";
import { cli, ended, operation, says, startCli, startStandIn, type StandIn } from "./stand-in.ts";

let standIn: StandIn | undefined;
const given = (...script: Parameters<typeof startStandIn>) => (standIn = startStandIn(...script));
const calls = () => standIn?.calls.map(({ name, input }) => ({ name, input })) ?? [];
afterEach(() => {
  standIn?.stop();
  standIn = undefined;
});

const offer = (host: string, names: string[], more: Partial<FoundImages["offers"][number]> = {}) => ({
  host,
  names,
  name: names[0] ?? "",
  title: "Ubuntu 24.04 LTS",
  release: "24.04",
  version: "20261110",
  architecture: "amd64",
  url: "https://lab.example/x.img",
  bytes: 626_917_376,
  isSupported: true,
  isHere: false,
  ...more,
});
const away = { code: "image-host-unreachable", message: "lab.example cannot be reached: nothing listens there" };
const noble = offer("release", ["24.04", "noble", "lts", "n"]);

describe("find", () => {
  test("shows the images, and beside them once which hosts are away", async () => {
    given({
      "image.find": () => ({
        offers: [noble],
        hosts: [
          { name: "release", fetchedAt: "2026-11-20T11:00:00.000Z" },
          { name: "lab", failure: away },
          { name: "lab-daily", failure: away },
          { name: "old", fetchedAt: "2026-11-01T11:00:00.000Z", failure: { ...away, message: "old is away" } },
        ],
      }),
    });
    expect(await cli(standIn, "find")).toEqual({
      code: 0,
      stdout: [
        "IMAGE  ALIASES     VERSION     SIZE  DESCRIPTION       HOST",
        "24.04  noble, lts  20261110  597.9M  Ubuntu 24.04 LTS  release",
        "",
      ].join("\n"),
      stderr: `lab, lab-daily: ${away.message}\nold: old is away; its list of 2026-11-01 is shown\n`,
    });
    expect(calls()).toEqual([{ name: "image.find", input: { force: false, outside: { hosts: [], proxies: {} } } }]);
  });

  test.each([
    [["noble"], { text: "noble", force: false }],
    [["daily:"], { host: "daily", force: false }],
    [["daily:nob", "--force-update"], { host: "daily", text: "nob", force: true }],
  ])("%p asks for that", async (words, input) => {
    given({ "image.find": () => ({ offers: [noble], hosts: [] }) });
    await cli(standIn, "find", ...words);
    expect(calls()[0]?.input).toMatchObject(input);
  });

  test("-q gives names that launch takes", async () => {
    given({ "image.find": () => ({ offers: [noble, offer("daily", ["26.04"], { name: "daily:26.04" })], hosts: [] }) });
    expect((await cli(standIn, "find", "-q")).stdout).toBe("24.04\ndaily:26.04\n");
  });

  test("nothing found names what was meant, as a line to paste, and who was not asked", async () => {
    given({
      "image.find": () => ({
        offers: [],
        hosts: [
          { name: "release", fetchedAt: "x" },
          { name: "lab", failure: away },
        ],
        meant: "jammy (Ubuntu 22.04 LTS)",
      }),
    });
    expect(await cli(standIn, "find", "jammmy")).toEqual({
      code: 2,
      stdout: "",
      stderr: [
        'error: no image "jammmy" [image-not-found]',
        "  did you mean  strata find jammy   # Ubuntu 22.04 LTS",
        "  not asked     lab: strata find says why",
        "  next          strata find",
        "",
      ].join("\n"),
    });
  });

  test("all away is an error that names the mirror setting and file://", async () => {
    given({ "image.find": () => ({ offers: [], hosts: [{ name: "lab", failure: away }] }) });
    const { code, stderr } = await cli(standIn, "find");
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${away.message} [image-host-unreachable]`);
    expect(stderr).toContain("strata launch file:///");
    expect(stderr).toContain("strata set images.mirror=URL");
  });
});

const kept = (name: string): ImageView => ({
  name,
  title: "Ubuntu 24.04 LTS",
  sha256: "b".repeat(64),
  bytes: 2 ** 20,
  virtualSize: 2 ** 30,
  format: "qcow2",
  addedAt: "2026-11-13T11:00:00.000Z",
  usedAt: "2026-11-13T11:00:00.000Z",
  instances: [],
});

describe("images", () => {
  test("an empty store leads to find", async () => {
    given({ "image.list": () => [] });
    expect(await cli(standIn, "images")).toEqual({
      code: 0,
      stdout: "",
      stderr: "No images are kept here yet. strata find lists what can be launched.\n",
    });
  });

  test("delete removes each by name and says what room that made", async () => {
    given({ "image.remove": ({ image }) => kept(image) });
    expect(await cli(standIn, "images", "delete", "24.04", "tiny", "--reason", "room")).toEqual({
      code: 0,
      stdout: "",
      stderr: "Removed: 24.04   1M\nRemoved: tiny   1M\n",
    });
    expect(calls().map(({ input }) => [input["image"], input["reason"]])).toEqual([
      ["24.04", "room"],
      ["tiny", "room"],
    ]);
  });

  test("delete of one that is in use is told with the instance and what would free it", async () => {
    given({
      "image.remove": () => {
        throw new UserError("image-in-use", 'the image "24.04" is the base of web', {
          hints: [["next", "strata delete --purge web"]],
        });
      },
    });
    expect(await cli(standIn, "images", "delete", "24.04")).toMatchObject({
      code: 2,
      stderr: 'error: the image "24.04" is the base of web [image-in-use]\n  next          strata delete --purge web\n',
    });
  });

  test("prune hands over the age, and says when there was nothing", async () => {
    given({ "image.prune": ({ unusedMs }) => (unusedMs > 0 ? [] : [kept("24.04")]) });
    expect((await cli(standIn, "images", "prune")).stderr).toBe("Removed: 24.04   1M\n");
    expect((await cli(standIn, "images", "prune", "--unused", "7d")).stderr).toStartWith("Nothing to remove");
    expect(calls().map(({ input }) => input["unusedMs"])).toEqual([0, 7 * 86_400_000]);
  });

  test("names without delete, and delete without names, are usage errors that lead on", async () => {
    given({});
    const named = await cli(standIn, "images", "prune", "24.04");
    expect(named).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("next          strata images delete 24.04"),
    });
    const none = await cli(standIn, "images", "delete");
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("next          strata images\n") });
    expect(calls()).toEqual([]);
  });
});

describe("the keyring", () => {
  test("is read here and sent; its fingerprints are told", async () => {
    given({ "image.trust": () => ({ fingerprints: ["ABCD1234"], operation: operation(3, "set") }) });
    const path = join(standIn?.directory ?? "", "keys.gpg");
    writeFileSync(path, "keys");
    expect(await cli(standIn, "set", `images.keyring=${path}`)).toMatchObject({
      code: 0,
      stderr: "Trusted: ABCD1234\nSet: images.keyring   operation 3\n",
    });
    expect(calls()[0]?.input["keyring"]).toBe(Buffer.from("keys").toString("base64"));
  });

  test("that cannot be read is told before anything is asked; nothing as value is a plain setting", async () => {
    given({ "settings.set": () => ({ note: "is so already" }) });
    expect(await cli(standIn, "set", "images.keyring=/nonexistent")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("[keyring-unreadable]"),
    });
    expect(calls()).toEqual([]);
    await cli(standIn, "set", "images.keyring=");
    expect(calls()[0]).toMatchObject({ name: "settings.set", input: { key: "images.keyring", value: "" } });
  });
});

describe("a launch whose image does not come", () => {
  const failing = (code: string, reason: string) => {
    const failure = { step: "image", code, reason };
    given({
      "instance.launch": () => ({ operation: operation(1, "launch") }),
      "operation.follow": () => says(ended(1, "launch", { result: "failed", failure })),
    });
    return cli(standIn, "launch", "24.04", "--name", "web");
  };

  test.each([
    ["image-download-failed", "next          strata launch 24.04 --name web"],
    ["image-host-unreachable", "next          strata launch 24.04 --name web"],
    ["image-not-available", "next          strata find --force-update"],
    ["image-checksum-mismatch", "next          strata find --force-update"],
    ["image-size-mismatch", "next          strata find --force-update"],
    ["image-redirect-refused", "or            strata launch file:///PATH/OF/IMAGE.qcow2"],
    ["image-invalid", "form          a qcow2 or raw disk image that stands alone"],
    ["no-space", "next          strata images prune"],
    ["some-other", "next          strata show 1"],
  ])("%s says what to do next, though the record has code and reason only", async (code, hint) => {
    const { code: exit, stderr } = await failing(code, "it did not come");
    expect(exit).toBe(2);
    expect(stderr).toStartWith(`error: launch web failed at image: it did not come [${code}]\n`);
    expect(stderr).toContain(`  ${hint}\n`);
    expect(stderr).toContain("strata show 1\n");
  });

  test("a disk that is too small comes back as the line with one that is not", async () => {
    const { stderr } = await failing("disk-too-small", "a disk of 600M is smaller than the image, which has 1.5G");
    expect(stderr).toContain("  did you mean  strata launch 24.04 --name web --disk 1.5G\n");
  });
});

describe("Ctrl-C while the hosts are asked", () => {
  test("calls the launch back by its command, and tells what the daemon says of it", async () => {
    const back = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    let abandoned: string | undefined;
    given({
      "instance.launch": async () => {
        asked.resolve();
        await back.promise;
        throw new UserError("cancelled", "cancelled: launch web; nothing was made", { exit: 130 });
      },
      "instance.abandon": ({ command }) => {
        abandoned = command;
        back.resolve();
        return {};
      },
    });
    const run = startCli(["launch", "24.04", "-n", "web"], { STRATA_HOST: standIn?.socket ?? "" });
    await asked.promise;
    run.process.kill("SIGINT");
    expect(await run.result()).toEqual({
      code: 130,
      stdout: "",
      stderr: "error: cancelled: launch web; nothing was made [cancelled]\n",
    });
    expect(abandoned).toBe(calls()[0]?.input["command"] as string);
  });

  test("that comes too late cancels the operation", async () => {
    const [asked, back, over] = [0, 1, 2].map(() => Promise.withResolvers<void>());
    given({
      "instance.launch": async () => {
        asked?.resolve();
        await back?.promise;
        return { operation: operation(1, "launch") };
      },
      "instance.abandon": () => {
        back?.resolve();
        return {};
      },
      "operation.follow": async function* () {
        await over?.promise;
        yield ended(1, "launch", { result: "cancelled" });
      },
      "operation.cancel": () => {
        over?.resolve();
        return { operation: operation(1, "launch") };
      },
    });
    const run = startCli(["launch", "24.04", "-n", "web"], { STRATA_HOST: standIn?.socket ?? "" });
    await asked?.promise;
    run.process.kill("SIGINT");
    const { code, stderr } = await run.result();
    expect(code).toBe(130);
    expect(stderr).toEndWith("error: cancelled: launch web, operation 1; nothing is left of it [cancelled]\n");
  });

  test("twice lets go of a daemon that does not answer", async () => {
    const asked = Promise.withResolvers<void>();
    const abandoned = Promise.withResolvers<void>();
    given({
      "instance.launch": () => {
        asked.resolve();
        return new Promise<never>(() => {});
      },
      "instance.abandon": () => {
        abandoned.resolve();
        return {};
      },
    });
    const run = startCli(["launch", "24.04", "-n", "web"], { STRATA_HOST: standIn?.socket ?? "" });
    await asked.promise;
    run.process.kill("SIGINT");
    await abandoned.promise;
    run.process.kill("SIGINT");
    const { code, stderr } = await run.result();
    expect(code).toBe(130);
    expect(stderr).toContain("[detached]");
  });
});
