/** A user's cloud-config: what is refused and where, and what merging leaves and changes. YAML is read back as cloud-init's parser would (1.1). */
import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import type { UserError } from "../../src/errors.ts";
import { checkCloudConfig, hideValues, mergeCloudConfig, namesUsers } from "../../src/guest/cloud-config.ts";
import { cloudInitBytesMax } from "../../src/model/cloud-init.ts";

const ours = {
  user: { name: "ubuntu", groups: "adm,sudo", ssh_authorized_keys: ["ssh-ed25519 OURS strata"] },
  keys: { hostname: "web", ssh_deletekeys: true, ssh_keys: { ed25519_private: "-----A\nb\n-----\n" } },
};
const merged = (...lines: string[]) => mergeCloudConfig(["#cloud-config", ...lines].join("\n"), ours);
const read = (...lines: string[]) => parse(merged(...lines), { version: "1.1" });

function refusal(text: string): UserError {
  try {
    checkCloudConfig(text, "cloud-init file web.yaml");
  } catch (error) {
    return error as UserError;
  }
  throw new Error("it was not refused");
}

describe("checking", () => {
  test.each([
    ["packages:\n  - nginx", "does not begin with the line #cloud-config"],
    ["#!/bin/sh\necho hello", "does not begin with the line #cloud-config"],
    [" #cloud-config\na: b", "does not begin with the line #cloud-config"],
    ["#cloud-config-archive\n- a", "does not begin with the line #cloud-config"],
    ["## template: jinja\n#cloud-config\na: b", "does not begin with the line #cloud-config"],
    ["", "does not begin with the line #cloud-config"],
    ["#cloud-config\n\nruncmd: [echo\nfoo: bar", "(line 4, column 1)"],
    ["#cloud-config\na: 1\na: 2", "a key stands twice (line 3, column 1)"],
    ["#cloud-config\n- a\n- b", "holds no keys and values (line 2, column 1)"],
    ["#cloud-config\na: 1\n---\nb: 2", "multiple documents"],
    ["#cloud-config\nusers: anna", "users in cloud-init file web.yaml is not a list"],
    ["#cloud-config\nusers: {anna: true}", "users in cloud-init file web.yaml is not a list"],
  ])("refuses %j", (text, why) => {
    const { code, message } = refusal(text);
    expect(code).toBe("cloud-init-invalid");
    expect(message).toContain(why);
  });

  test("says nothing of the text's values in a message", () => {
    for (const text of [
      "a: 'CANARY",
      "a: [CANARY\nb: c",
      "a: b\n  CANARY: d",
      "a: *CANARY",
      "a: [*CANARY, &CANARY b]",
      "CANARY\n\tx: }",
    ])
      expect(refusal(`#cloud-config\n${text}\n`).message).not.toContain("CANARY");
  });

  test("refuses more than a seed holds, also when it only grows that large", () => {
    const large = `#cloud-config\na: ${"x".repeat(cloudInitBytesMax)}\n`;
    expect(refusal(large).code).toBe("cloud-init-too-large");
    const growing = `#cloud-config\na: |\n${" x\n".repeat(170_000)}`;
    expect(growing.length).toBeLessThan(cloudInitBytesMax);
    expect(refusal(growing).code).toBe("cloud-init-too-large");
  });

  test.each([
    [
      "thousands of keys",
      Array.from({ length: 30_000 }, (_, index) => `k${index}: v\n`).join(""),
      "more keys and values",
    ],
    ["thousands of levels", `a: ${"[".repeat(5_000)}${"]".repeat(5_000)}\n`, "nested deeper than 64 levels"],
    ["lists in lists in lines", `a:\n  ${"- ".repeat(5_000)}x\n`, "nested deeper than 64 levels"],
  ])("refuses %s before the work on them begins", (_what, yaml, why) =>
    expect(refusal(`#cloud-config\n${yaml}`).message).toContain(why),
  );

  test.each([
    "#cloud-config",
    "#cloud-config\r\na: b\r\n",
    "\uFEFF#cloud-config \na: b\n",
    "#cloud-config\n# only a remark\n",
  ])("accepts %j", (text) => expect(checkCloudConfig(text, "it").ignored).toEqual([]));

  test("names the keys that will not count", () =>
    expect(checkCloudConfig("#cloud-config\nhostname: db\nssh_keys: {}\nlocale: C\n", "it").ignored).toEqual([
      "hostname",
      "ssh_keys",
    ]));
});

describe("merging", () => {
  test("begins with the line that cloud-init asks for, once", () =>
    expect(merged("# a remark", "a: b").match(/#cloud-config/g)).toEqual(["#cloud-config"]));

  test("leaves the user's own lists and their order alone", () => {
    const text = ["packages: [nginx, curl]", "runcmd:", "  - [sh, -c, 'echo x']", "  - echo b", "bootcmd: [a]"];
    expect(Object.entries(read(...text)).slice(0, 3)).toEqual([
      ["packages", ["nginx", "curl"]],
      ["runcmd", [["sh", "-c", "echo x"], "echo b"]],
      ["bootcmd", ["a"]],
    ]);
  });

  test.each([
    "0644",
    "'0644'",
    "yes",
    "off",
    "12:30:45",
    "0x1f",
    "2026-01-02",
    "123456789012345678901",
    "1.10",
    "~",
    '"a\\tb"',
  ])("leaves the scalar %s as it was written", (value) => expect(merged(`key: ${value}`)).toContain(`key: ${value}\n`));

  test("leaves blocks, anchors and tags as they are", () => {
    const text = "base: &base\n  a: 1\nother:\n  <<: *base\n  content: !!binary aGVsbG8=\nscript: |\n  one\n    two\n";
    expect(merged(...text.split("\n"))).toContain(text);
  });

  test("adds our user to the user's list, with its `default`", () =>
    expect(read("users:", "  - default", "  - name: anna").users).toEqual(["default", { name: "anna" }, ours.user]));

  test.each([
    ["none", []],
    ["an empty list", ["users: []"]],
    ["nothing", ["users:"]],
  ])("makes our user where the list is %s", (_what, lines) => expect(read(...lines).users).toEqual([ours.user]));

  test.each([
    "ssh_authorized_keys: [ssh-rsa THEIRS]",
    "ssh-authorized-keys: [ssh-rsa THEIRS]",
    "ssh_authorized_keys: ssh-rsa THEIRS",
  ])("adds our key to a user of that name (%s), and changes nothing else of it", (keys) =>
    expect(read("users:", "  - name: ubuntu", "    shell: /bin/zsh", `    ${keys}`).users).toEqual([
      { name: "ubuntu", shell: "/bin/zsh", ssh_authorized_keys: ["ssh-rsa THEIRS", "ssh-ed25519 OURS strata"] },
    ]),
  );

  test("a list that stands in two places is changed in one", () => {
    const { staff, users } = read("staff: &staff", "  - name: ubuntu", "users: *staff");
    expect(staff).toEqual([{ name: "ubuntu" }]);
    expect(users).toEqual([{ name: "ubuntu", ssh_authorized_keys: ["ssh-ed25519 OURS strata"] }]);
  });

  test("what is ours wins, and what it would undo is gone", () => {
    const data = read("hostname: db", "preserve_hostname: true", "ssh_deletekeys: false", "ssh_keys: {rsa_private: x}");
    expect(data).toEqual({ ...ours.keys, users: [ours.user] });
  });

  test("our keys stand in block style, a key per line, for readers that are no YAML parsers", () => {
    const text = merged("{packages: [a], users: [{name: anna, groups: [x]}]}");
    expect(text).toContain("\nusers:\n  - name: anna\n");
    expect(text).toContain("\n      - ssh-ed25519 OURS strata\n");
    expect(text).toContain("\n  ed25519_private: |\n    -----A\n    b\n");
  });
});

test("whether the text names users is told", () => {
  expect(namesUsers("#cloud-config\nusers: [default]\n")).toBe(true);
  expect(namesUsers("#cloud-config\npassword: x\n")).toBe(false);
});

describe("hiding", () => {
  const text = [
    "#cloud-config",
    "packages: [no-such-package]",
    "timezone: Europe/Nowhere",
    "runcmd:",
    "  - curl -H 'Token: s3cr3t-token' https://example.invalid/x",
    "write_files:",
    "  - content: |",
    "      first line of it",
    "      password=hunter22",
  ].join("\n");
  test.each([
    ["command ['curl', '-H', 'Token: s3cr3t-token'] failed", "s3cr3t-token"],
    ["cannot write first line of it", "first line of it"],
    ["bad option hunter22", "hunter22"],
  ])("%s", (message, secret) => {
    expect(hideValues(message, text)).toContain("(hidden)");
    expect(hideValues(message, text)).not.toContain(secret);
  });
  test("what the text does not say, and what is no secret in any reading, stay", () => {
    const message = "Failed to install packages: {'no-such-package'}; no Europe/Nowhere; runcmd, write_files";
    expect(hideValues(message, text)).toBe(message);
  });
});
