/** strata as a systemd service: the units as exact text, the plans, and both acts against a stand-in for systemctl. systemd itself is not here. */
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planInstall, planUninstall, unitPath } from "../../src/client/service/plan.ts";
import type { ServiceFacts } from "../../src/client/service/plan.ts";
import { ownerOf, unitText } from "../../src/client/service/unit.ts";
import { serviceRole } from "../../src/client/service/service.ts";
import { readConfig } from "../../src/config.ts";
import { UserError } from "../../src/errors.ts";
import { sha256Hex } from "../../src/sys/hash.ts";
import { expectGolden } from "../golden.ts";

const digest = (text: string) => sha256Hex(Buffer.from(text));
const system: ServiceFacts = {
  scope: "system",
  program: ["/usr/local/bin/strata"],
  home: undefined,
  path: unitPath("system", ""),
  found: undefined,
  hasGroup: false,
  unsafe: undefined,
  digest,
};
const user: ServiceFacts = {
  ...system,
  scope: "user",
  program: ["/home/user/my tools/strata"],
  home: "/home/user/100% $mine",
  path: unitPath("user", "/home/user/.config"),
};

const shown = (steps: ReturnType<typeof planInstall>) =>
  steps.map((step) => (step.kind === "run" ? step.argv.join(" ") : `${step.kind} ${step.path}`));

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof UserError ? error.code : String(error);
  }
}

describe("the unit", () => {
  test("is what it is", () => {
    expectGolden("service/system.service", unitText({ ...system, madeGroup: true }));
    expectGolden("service/user.service", unitText({ ...user, madeGroup: false }));
  });

  test("is known as ours, edited, or another's", () => {
    const text = unitText({ ...system, madeGroup: false });
    expect(ownerOf(text, digest)).toBe("ours");
    expect(ownerOf(text.replace("RestartSec=1", "RestartSec=2"), digest)).toBe("changed");
    expect(ownerOf("[Unit]\n", digest)).toBe("foreign");
  });
});

describe("the plan", () => {
  test("makes the group before the daemon that looks for it, and takes back as much", () => {
    const install = planInstall(system);
    expect(shown(install)).toEqual([
      "groupadd --system strata",
      "write /etc/systemd/system/strata.service",
      "systemctl daemon-reload",
      "systemctl enable --now strata.service",
    ]);
    const found = install.find((step) => step.kind === "write")?.text;
    expect(shown(planUninstall({ ...system, found, hasGroup: true }))).toEqual([
      "systemctl disable --now strata.service",
      "remove /etc/systemd/system/strata.service",
      "systemctl daemon-reload",
      "groupdel strata",
    ]);
  });

  test("leaves alone a group that was there", () => {
    const found = planInstall({ ...system, hasGroup: true }).find((step) => step.kind === "write")?.text;
    expect(shown(planUninstall({ ...system, found, hasGroup: true }))).not.toContain("groupdel strata");
  });

  test("remembers over a second install that the first made the group", () => {
    const first = planInstall(system).find((step) => step.kind === "write")?.text;
    const second = planInstall({ ...system, found: first, hasGroup: true }).find((step) => step.kind === "write")?.text;
    expect(shown(planUninstall({ ...system, found: second, hasGroup: true }))).toContain("groupdel strata");
  });

  test("asks a user's own manager, and needs no group", () => {
    expect(shown(planInstall(user))).toEqual([
      "write /home/user/.config/systemd/user/strata.service",
      "systemctl --user daemon-reload",
      "systemctl --user enable --now strata.service",
    ]);
  });

  test.each([
    ["a unit of another", () => planInstall({ ...system, found: "[Unit]\n" }), "unit-foreign"],
    ["a unit of another", () => planUninstall({ ...system, found: "[Unit]\n" }), "unit-foreign"],
    [
      "an edited one",
      () => planUninstall({ ...system, found: `${unitText({ ...system, madeGroup: false })}#` }),
      "unit-changed",
    ],
    ["none", () => planUninstall(system), "unit-not-found"],
    ["a program that others may change", () => planInstall({ ...system, unsafe: "/home/user" }), "program-unsafe"],
  ])("refuses %s", (_what, work, code) => {
    expect(codeOf(work)).toBe(code);
  });
});

describe("as a user, with a stand-in for systemctl", () => {
  let home = "";
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** A host whose systemctl notes its calls and fails at the one that contains `failing`. */
  function host(failing = "nothing") {
    home = mkdtempSync(join(tmpdir(), "strata-service-"));
    const bin = join(home, "bin");
    mkdirSync(bin);
    const script = `#!/bin/sh\necho "$@" >> ${home}/calls\ncase "$*" in *${failing}*) echo no such bus >&2; exit 1;; esac\n`;
    writeFileSync(join(bin, "systemctl"), script);
    chmodSync(join(bin, "systemctl"), 0o755);
    const config = readConfig(
      { HOME: home, PATH: `${bin}:/usr/bin:/bin`, XDG_RUNTIME_DIR: home },
      { uid: 1000, gid: 1000, name: "user", home },
    );
    return {
      role: serviceRole(config),
      unit: join(home, ".config/systemd/user/strata.service"),
      calls: () => readFileSync(join(home, "calls"), "utf8").trim().split("\n"),
    };
  }

  test("install and uninstall leave nothing, and start after what must come first", async () => {
    const { role, unit, calls } = host();
    let before: string[] = [];
    expect(await role.install(async () => void (before = calls()))).toMatchObject({ scope: "user", path: unit });
    expect(before).toEqual(["--user daemon-reload"]);
    expect(ownerOf(readFileSync(unit, "utf8"), digest)).toBe("ours");
    await role.uninstall();
    expect(existsSync(unit)).toBe(false);
    expect(calls()).toEqual([
      "--user daemon-reload",
      "--user enable --now strata.service",
      "--user disable --now strata.service",
      "--user daemon-reload",
    ]);
  });

  test("a start that fails takes everything back, with systemctl's own words", async () => {
    const { role, unit } = host("enable");
    const error = await role.install(async () => {}).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "service-failed", message: expect.stringContaining("no such bus") });
    expect(existsSync(unit)).toBe(false);
  });

  test("a second install that fails leaves the first", async () => {
    const { role, unit } = host();
    await role.install(async () => {});
    const first = readFileSync(unit, "utf8");
    const failure = await role.install(() => Promise.reject(new Error("busy"))).catch((caught: unknown) => caught);
    expect(failure).toMatchObject({ message: "busy" });
    expect(readFileSync(unit, "utf8")).toBe(first);
  });

  test("a unit of somebody else stays", async () => {
    const { role, unit } = host();
    mkdirSync(join(home, ".config/systemd/user"), { recursive: true });
    writeFileSync(unit, "[Unit]\n");
    expect(await role.uninstall().catch((caught: unknown) => caught)).toMatchObject({ code: "unit-foreign", exit: 4 });
    expect(readFileSync(unit, "utf8")).toBe("[Unit]\n");
  });

  test("a host without systemd says so", async () => {
    home = mkdtempSync(join(tmpdir(), "strata-service-"));
    const config = readConfig({ HOME: home, PATH: home }, { uid: 1000, gid: 1000, name: "user", home });
    const error = await serviceRole(config)
      .install(async () => {})
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "systemd-missing" });
  });
});
