/** The real program against a stand-in for the daemon: progress, results, errors, exit codes, Ctrl-C, several at once. */
import { afterEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError, exitCodes } from "../../src/errors.ts";
import { cli, ended, instance, operation, says, startCli, startStandIn } from "./stand-in.ts";
import type { StandIn } from "./stand-in.ts";

let standIn: StandIn | undefined;
const given = (...script: Parameters<typeof startStandIn>) => (standIn = startStandIn(...script));
afterEach(() => {
  standIn?.stop();
  standIn = undefined;
});

const launched = { instance: instance("web", { state: "Starting" }), operation: operation(1, "launch") };

describe("launch", () => {
  test("prints finished steps to standard error and nothing to standard output", async () => {
    given({
      "instance.launch": () => launched,
      "operation.follow": () =>
        says(
          { kind: "note", label: "cpu", text: "emulated\nnext: log in again" },
          { kind: "step", step: "image", detail: "tiny" },
          { kind: "bytes", step: "image", done: 5, total: 10 },
          { kind: "step-done", step: "image", detail: "Tiny Linux   verified", durationMs: 920 },
          { kind: "step-done", step: "boot", detail: "tcg", durationMs: 3100 },
          { kind: "step-done", step: "reachable", detail: "", durationMs: 2000 },
          { kind: "step-done", step: "cloud-init", detail: "done", durationMs: 1300 },
          ended(1, "launch", { instance: instance("web"), durationMs: 79_000 }),
        ),
    });
    const result = await cli(standIn, "launch", "tiny", "--name", "web");
    expect(result).toEqual({
      code: 0,
      stdout: "",
      stderr: [
        "cpu         emulated",
        "            next: log in again",
        "image       Tiny Linux   verified                                          0.9 s",
        "boot        kernel, ssh                                                    5.1 s",
        "cloud-init  done                                                           1.3 s",
        "Launched: web   operation 1   1 min 19 s",
        "",
      ].join("\n"),
    });
  });

  test("sends what was asked for, an id of its own, and the reason", async () => {
    given({ "instance.launch": () => launched, "operation.follow": () => says(ended(1, "launch")) });
    await startCli(["launch", "tiny", "-n", "web", "-c", "2", "-m", "512M", "-d", "1G", "--timeout", "90s"], {
      STRATA_HOST: standIn?.socket ?? "",
      STRATA_REASON: "a try",
      STRATA_IMAGE_HOSTS: "lab=http://lab.example",
      HTTPS_PROXY: "http://proxy.example:3128",
      no_proxy: "lab.example",
    }).result();
    expect(standIn?.calls[0]).toEqual({
      name: "instance.launch",
      input: {
        command: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}$/),
        reason: "a try",
        image: { name: "tiny" },
        outside: {
          hosts: ["lab=http://lab.example"],
          proxies: { https: "http://proxy.example:3128", none: "lab.example" },
        },
        name: "web",
        cpus: 2,
        memory: 512 * 2 ** 20,
        disk: 2 ** 30,
        timeoutMs: 90_000,
      },
    });
  });

  test("sends labels, a lifetime, and whether it goes when it stops", async () => {
    given({ "instance.launch": () => launched, "operation.follow": () => says(ended(1, "launch")) });
    await cli(
      standIn,
      ..."launch --label use=demo --label tier=a --label use=test --expires 2h --ephemeral".split(" "),
    );
    expect(standIn?.calls[0]?.input).toMatchObject({
      labels: { use: "test", tier: "a" },
      lifetimeMs: 7_200_000,
      ephemeral: true,
    });
  });

  test("--json and -q answer on standard output", async () => {
    given({
      "instance.launch": () => launched,
      "operation.follow": () => says(ended(1, "launch", { instance: instance("web") })),
    });
    const json = await cli(standIn, "launch", "tiny", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: 1,
      changes: [{ name: "web", operation: 1, instance: { state: "Running" } }],
    });
    expect((await cli(standIn, "launch", "tiny", "-q")).stdout).toBe("web\n");
  });

  test("--detach answers at once", async () => {
    given({ "instance.launch": () => launched });
    const result = await cli(standIn, "launch", "tiny", "--detach");
    expect(result).toMatchObject({
      code: 0,
      stderr: "In the background: launch web   operation 1   (strata show 1)\n",
    });
  });

  test("a failure names its step and the next command", async () => {
    const failure = { step: "boot", code: "qemu-died", reason: "QEMU ended with code 1" };
    given({
      "instance.launch": () => launched,
      "operation.follow": () => says(ended(1, "launch", { result: "failed", failure, instance: instance("web") })),
    });
    expect(await cli(standIn, "launch", "tiny")).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "error: launch web failed at boot: QEMU ended with code 1 [qemu-died]\n  next          strata explain web\n",
    });
  });

  test("sends the text of --cloud-init, and says which of its keys will not count", async () => {
    given({ "instance.launch": () => launched, "operation.follow": () => says(ended(1, "launch")) });
    const text = "#cloud-config\nhostname: db\nruncmd: [x]\n";
    const path = join(standIn?.directory ?? "", "web.yaml");
    writeFileSync(path, text);
    const { stderr } = await cli(standIn, "launch", "tiny", "--cloud-init", path);
    expect(stderr).toStartWith("note        not used of the cloud-init text: hostname (the instance has its own)\n");
    expect(standIn?.calls[0]?.input["cloudInit"]).toBe(text);
  });

  test("a text for cloud-init that is none is told with its place before anything is asked", async () => {
    given({});
    const path = join(standIn?.directory ?? "", "web.yaml");
    writeFileSync(path, "#cloud-config\na: [b\nc: d\n");
    expect(await cli(standIn, "launch", "--cloud-init", path)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is not valid YAML: .* \(line 3, column 1\) \[cloud-init-invalid\]\n/),
    });
    expect(standIn?.calls).toEqual([]);
  });

  test.each([
    ["reachable", "timeout", 5, "strata console web"],
    ["cloud-init", "failed", 2, "strata exec web -- sudo cat /var/log/cloud-init-output.log"],
  ] as const)(
    "a machine that was left running after %s is told, with how to look at it",
    async (step, result, exit, look) => {
      const failure = { step, code: "c", reason: "r" };
      given({
        "instance.launch": () => launched,
        "operation.follow": () => says(ended(1, "launch", { result, failure, instance: instance("web") })),
      });
      expect(await cli(standIn, "launch", "tiny")).toMatchObject({
        code: exit,
        stderr: [
          `error: launch web failed at ${step}: r [c]`,
          "  kept          web runs on, so that you can look at it",
          `  next          ${look}`,
          "  why           strata explain web",
          "",
        ].join("\n"),
      });
    },
  );

  test("a timeout has an exit code of its own", async () => {
    const failure = { step: "reachable", code: "timeout", reason: "no answer within 90 s" };
    given({
      "instance.launch": () => launched,
      "operation.follow": () => says(ended(1, "launch", { result: "timeout", failure })),
    });
    expect((await cli(standIn, "launch", "tiny")).code).toBe(5);
  });

  test("an image file that is missing is told before anything is asked", async () => {
    given({});
    const result = await cli(standIn, "launch", "./none.qcow2");
    expect(result.code).toBe(2);
    expect(result.stderr).toStartWith(
      "error: the image file ./none.qcow2 cannot be read: it does not exist [image-unreadable]\n",
    );
    expect(standIn?.calls).toEqual([]);
  });

  test("an empty file and a directory are no images", async () => {
    given({});
    expect((await cli(standIn, "launch", "/dev/null")).stderr).toContain("no regular file");
    expect((await cli(standIn, "launch", "/tmp")).stderr).toContain("directory");
  });
});

describe("Ctrl-C", () => {
  test("the first cancels, and what is true is told", async () => {
    const cancelled = Promise.withResolvers<void>();
    given({
      "instance.launch": () => launched,
      "operation.follow": async function* () {
        yield { kind: "step-done", step: "image", detail: "tiny", durationMs: 1 };
        await cancelled.promise;
        yield ended(1, "launch", { result: "cancelled" });
      },
      "operation.cancel": () => {
        cancelled.resolve();
        return { operation: operation(1, "launch") };
      },
    });
    const run = startCli(["launch", "tiny"], { STRATA_HOST: standIn?.socket ?? "" });
    await run.said("image");
    run.process.kill("SIGINT");
    const { code, stderr } = await run.result();
    expect(code).toBe(130);
    expect(stderr).toContain("cancelling operation 1   (Ctrl-C again: leave it to the daemon)\n");
    expect(stderr).toEndWith("error: cancelled: launch web, operation 1; nothing is left of it [cancelled]\n");
  });

  test("the second lets go", async () => {
    given({
      "instance.launch": () => launched,
      "operation.follow": async function* (_input, signal) {
        yield { kind: "step-done", step: "image", detail: "tiny", durationMs: 1 };
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      },
      "operation.cancel": () => ({ operation: operation(1, "launch") }),
    });
    const run = startCli(["launch", "tiny"], { STRATA_HOST: standIn?.socket ?? "" });
    await run.said("image");
    run.process.kill("SIGINT");
    await run.said("cancelling");
    run.process.kill("SIGINT");
    const { code, stderr } = await run.result();
    expect(code).toBe(130);
    expect(stderr).toContain(
      "error: left operation 1 (launch web) to the daemon [detached]\n  next          strata show 1, or strata cancel 1\n",
    );
  });

  test("a closed terminal lets go and cancels nothing", async () => {
    given({
      "instance.launch": () => launched,
      "operation.follow": async function* (_input, signal) {
        yield { kind: "step-done", step: "image", detail: "tiny", durationMs: 1 };
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      },
    });
    const run = startCli(["launch", "tiny"], { STRATA_HOST: standIn?.socket ?? "" });
    await run.said("image");
    run.process.kill("SIGHUP");
    expect((await run.result()).code).toBe(130);
    expect(standIn?.calls.map(({ name }) => name)).not.toContain("operation.cancel");
  });
});

describe("several instances at once", () => {
  test("run at the same time, report each, and end with one error", async () => {
    const both = Promise.withResolvers<void>();
    let arrived = 0;
    given({
      // Neither is answered before both have come.
      "instance.stop": async ({ instance: name }) => {
        if (++arrived === 2) both.resolve();
        await both.promise;
        if (name === "db") throw new UserError("instance-not-found", 'there is no instance "db"');
        return { instance: instance(name), operation: operation(4, "stop") };
      },
      "operation.follow": () =>
        says(
          { kind: "step-done", step: "stop", detail: "shut down", durationMs: 2000 },
          ended(4, "stop", { instance: instance("web", { state: "Stopped" }) }),
        ),
    });
    const { code, stderr } = await cli(standIn, "stop", "web", "db");
    expect(code).toBe(2);
    expect(stderr).toContain("web: stop        shut down");
    expect(stderr).toContain("Stopped: web   operation 4   1.5 s\n");
    expect(stderr).toContain('failed: db: there is no instance "db"\n');
    expect(stderr).toEndWith("error: stop failed for 1 of 2 instances: db [some-failed]\n");
  });

  test("share an exit code when all failures do", async () => {
    given({
      "instance.stop": () => {
        throw new UserError("not-allowed", "no", { exit: exitCodes.refused });
      },
    });
    expect((await cli(standIn, "stop", "a", "b")).code).toBe(4);
  });

  test("--all picks those that it makes sense for", async () => {
    given({
      "instance.list": () => [
        instance("up"),
        instance("down", { state: "Stopped", power: "off" }),
        instance("gone", { state: "Deleted", power: "off" }),
      ],
      "instance.start": ({ instance: name }) => ({ instance: instance(name), note: "runs already" }),
    });
    const { code, stderr } = await cli(standIn, "start", "--all");
    expect(code).toBe(0);
    expect(stderr).toBe("down runs already\n");
    expect(standIn?.calls.map(({ name }) => name)).toEqual(["instance.list", "instance.start"]);
  });

  test("--filter picks those that fit, of those that it makes sense for", async () => {
    const demo = { labels: { use: "demo" } };
    given({
      "instance.list": () => [
        instance("web", demo),
        instance("db"),
        instance("off", { ...demo, state: "Stopped", power: "off" }),
      ],
      "instance.stop": ({ instance: name }) => ({ instance: instance(name), note: "is stopped already" }),
    });
    expect((await cli(standIn, "stop", "--filter", "label=use=demo")).stderr).toBe("web is stopped already\n");
    expect((await cli(standIn, "stop", "--all", "--filter", "name=x*")).stderr).toBe("Nothing to stop.\n");
    expect((await cli(standIn, "stop", "web", "--filter", "name=x*")).stderr).toContain("[names-and-all]");
    expect((await cli(standIn, "list", "-q", "--filter", "label=use", "--filter", "state=stopped")).stdout).toBe(
      "off\n",
    );
    expect((await cli(standIn, "list", "--filter", "name=x*")).stderr).toBe("No instance fits.\n");
  });

  test("names and --all, or neither, are usage errors", async () => {
    given({ "instance.list": () => [] });
    expect(await cli(standIn, "stop", "web", "--all")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[names-and-all]"),
    });
    expect(await cli(standIn, "stop")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[argument-missing]"),
    });
    expect(await cli(standIn, "stop", "--all")).toMatchObject({ code: 0, stderr: "Nothing to stop.\n" });
  });
});

describe("errors", () => {
  test("of the daemon arrive with hints and exit code", async () => {
    given({
      "instance.info": () => {
        throw new UserError("instance-not-found", 'there is no instance "wbe"', {
          hints: [
            ["did you mean", "web"],
            ["next", "strata list"],
          ],
        });
      },
    });
    expect(await cli(standIn, "info", "wbe")).toEqual({
      code: 2,
      stdout: "",
      stderr:
        'error: there is no instance "wbe" [instance-not-found]\n  did you mean  strata info web\n  next          strata list\n',
    });
  });

  test("a bug of the daemon is told as one, without its stack", async () => {
    given({
      "instance.list": () => {
        throw new Error("secret detail");
      },
    });
    const { code, stderr } = await cli(standIn, "list");
    expect(code).toBe(2);
    expect(stderr).toStartWith("error: the daemon met a bug");
    expect(stderr).not.toContain("secret detail");
  });

  test("hostile text in an error cannot move the cursor", async () => {
    given({
      "instance.list": () => {
        throw new UserError("odd", "a\u001b[2Jb");
      },
    });
    expect((await cli(standIn, "list")).stderr).toBe("error: a\\x1b[2Jb [odd]\n");
  });

  test("no daemon that is ours to start: exit code 3", async () => {
    const { code, stderr } = await startCli(["list"], { STRATA_HOST: "/nonexistent/api.sock" }).result();
    expect(code).toBe(3);
    expect(stderr).toStartWith("error: no daemon answers at /nonexistent/api.sock [daemon-unreachable]\n");
  });

  test("something else that listens is no daemon", async () => {
    given({});
    const other = Bun.serve({ unix: `${standIn?.directory}/other.sock`, fetch: () => new Response("hello") });
    const { code, stderr } = await startCli(["list"], { STRATA_HOST: `${standIn?.directory}/other.sock` }).result();
    await other.stop(true);
    expect(code).toBe(3);
    expect(stderr).toContain("[answer-invalid]");
  });

  test("another protocol is told with the way out", async () => {
    const hello = (protocol: number, version: string) => ({ version, protocol, pid: 1, directory: "/", busy: true });
    given({ "daemon.hello": () => hello(99, "9.0.0") });
    expect(await cli(standIn, "list")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("next          use strata 9.0.0"),
    });
  });

  test("a relative STRATA_HOME, a path too long, a bad host and a bad format are usage errors", async () => {
    const code = async (argv: string[], environment: Record<string, string>) => {
      const result = await startCli(argv, environment).result();
      return [result.code, /\[([a-z-]+)\]/.exec(result.stderr)?.[1]];
    };
    expect(await code(["list"], { STRATA_HOME: "data" })).toEqual([1, "home-invalid"]);
    expect(await code(["list"], { STRATA_HOST: `/${"x".repeat(120)}` })).toEqual([1, "socket-path-too-long"]);
    expect(await code(["list", "--host", "elsewhere"], {})).toEqual([1, "host-invalid"]);
    given({});
    expect(await code(["stop", "web", "--format", "jsn"], { STRATA_HOST: standIn?.socket ?? "" })).toEqual([
      1,
      "format-unknown",
    ]);
  });
});

describe("output", () => {
  test("a reader that leaves ends it quietly", async () => {
    given({ "instance.list": () => Array.from({ length: 5000 }, (_, index) => instance(`name-${index}`)) });
    const pipeline = Bun.spawn(
      ["sh", "-c", `"$@" | head -1`, "sh", process.execPath, `${import.meta.dir}/../../src/main.ts`, "list", "-q"],
      {
        env: { PATH: process.env["PATH"], STRATA_HOST: standIn?.socket },
        stdout: "pipe",
        stderr: "pipe",
      },
    );
    expect(await new Response(pipeline.stdout).text()).toBe("name-0\n");
    expect(await new Response(pipeline.stderr).text()).toBe("");
    expect(await pipeline.exited).toBe(0);
  });

  test("is complete, however much it is", async () => {
    given({ "instance.list": () => Array.from({ length: 3000 }, (_, index) => instance(`name-${index}`)) });
    const { stdout } = await cli(standIn, "list", "--json");
    expect((JSON.parse(stdout) as { list: unknown[] }).list).toHaveLength(3000);
  });

  test("an empty list is said on standard error, and is an empty document for programs", async () => {
    given({ "instance.list": () => [] });
    const { stderr, ...rest } = await cli(standIn, "list");
    expect(rest).toEqual({ code: 0, stdout: "" });
    // A system's daemon of this machine, if there is one, is named below.
    expect(stderr.split("\n")[0]).toBe("No instances. A new one: strata launch");
    const json = await cli(standIn, "list", "--json");
    expect([JSON.parse(json.stdout), json.stderr]).toEqual([{ schema: 1, list: [] }, ""]);
    expect(await cli(standIn, "list", "-q")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("events are lines of JSON", async () => {
    const event = (position: number) => ({
      position,
      time: "2026-11-20T14:00:00.000Z",
      type: "log.segment",
      version: 1,
      stream: "log",
      data: {},
    });
    given({
      "event.feed": async function* () {
        yield event(1);
        yield event(2);
      },
    });
    const { stdout } = await cli(standIn, "events", "--after", "0");
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { position: number }).position),
    ).toEqual([1, 2]);
  });

  test("a console keeps its bytes in a pipe", async () => {
    given({
      "instance.console": async function* () {
        yield { base64: Buffer.from("a\u001b[2Jb\r\n").toString("base64") };
      },
    });
    expect((await cli(standIn, "console", "web")).stdout).toBe("a\u001b[2Jb\r\n");
  });
});

describe("without a daemon", () => {
  test("help and version answer, and start none", async () => {
    const nowhere = { STRATA_HOME: "/nonexistent/strata" };
    expect((await startCli(["help"], nowhere).result()).code).toBe(0);
    expect((await startCli(["launch", "--help"], nowhere).result()).stdout).toStartWith("strata launch: ");
    expect(await startCli(["version"], nowhere).result()).toEqual({
      code: 0,
      stdout: "strata  0.1.0\ndaemon  none running\n",
      stderr: "",
    });
    expect((await startCli(["daemon", "status"], nowhere).result()).code).toBe(3);
    expect((await startCli(["daemon", "stop"], nowhere).result()).code).toBe(0);
  });

  test("strata alone shows the way, as a usage error", async () => {
    const { code, stdout, stderr } = await startCli([]).result();
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("First steps");
  });

  test("a setting of the client is kept in its own file, and a damaged file is named", async () => {
    given({});
    const place = { XDG_CONFIG_HOME: standIn?.directory ?? "" };
    expect((await startCli(["get", "client.primary-name"], place).result()).stdout).toBe("primary\n");
    expect((await startCli(["set", "client.primary-name=web"], place).result()).code).toBe(0);
    expect((await startCli(["get", "client.primary-name"], place).result()).stdout).toBe("web\n");
    expect((await startCli(["set", "client.primary-name=007"], place).result()).code).toBe(1);
    await Bun.write(`${standIn?.directory}/strata/client.json`, "{");
    const damaged = await startCli(["get", "client.primary-name"], place).result();
    expect(damaged.code).toBe(2);
    expect(damaged.stderr).toContain("[client-file-invalid]");
  });
});
