/** get and set: every key, what it may be, and whose error it is. */
import { expect, test } from "bun:test";
import { UserError } from "../../../src/errors.ts";
import type { Point } from "../../../src/model/point.ts";
import { operation } from "../stand-in.ts";
import { ended, instance, type Row, runLine, type Script, table } from "./harness.ts";

const stopped = instance("db", {
  state: "Stopped",
  power: "off",
  specs: { cpus: 2, memory: 1.5 * 2 ** 30, disk: 5 * 2 ** 30 },
});
const known = [
  instance("web"),
  stopped,
  instance("s", { state: "Suspended", power: "suspended" }),
  instance("old", { state: "Deleted", power: "off" }),
  instance("new", { state: "Starting", power: "off", operation: operation(3, "launch") }),
];
const point = (name: string, kind: Point["kind"] = "snapshot", comment?: string): Point => ({
  id: name,
  name,
  kind,
  layer: name,
  madeAt: "",
  operation: 1,
  cause: "snapshot",
  isHeld: false,
  bytes: 0,
  consistency: "off",
  specs: stopped.specs,
  ...(comment !== undefined && { comment }),
});
const kept: Record<string, string> = {
  "networks.bridged": "",
  "images.mirror": "https://mirror.example/",
  "mounts.enabled": "on",
  passphrase: "not set",
};
const changes = ended("set");
const daemon: Script = {
  "instance.list": () => known,
  "point.tree": ({ instance: name = "db" }) => [
    {
      instance: { id: `id-${name}`, name },
      points: name === "db" ? [point("good", "snapshot", "a note"), point("auto1", "auto")] : [],
    },
  ],
  "settings.list": ({ key = "" }) => (key in kept ? [{ key, value: kept[key] ?? "", default: "", about: "" }] : []),
  "settings.set": changes.accepted,
  "passphrase.set": changes.accepted,
  "operation.follow": changes.follow,
};
const refuses = (code: string, message: string): Script => ({
  ...daemon,
  "settings.set": () => {
    throw new UserError(code, message);
  },
});

const gets = (key: string, value: string): Row => ({
  line: `get ${key}`,
  situation: "is shown",
  api: daemon,
  code: 0,
  stdout: `${value}\n`,
});

table([
  gets("client.primary-name", "primary"),
  gets("local.bridged-network", "<empty>"),
  gets("local.driver", "qemu"),
  gets("local.image.mirror", "https://mirror.example/"),
  gets("local.passphrase", "false"),
  gets("local.privileged-mounts", "true"),
  gets("local.db.cpus", "2"),
  gets("local.db.memory", "1.5GiB"),
  gets("local.db.disk", "5GiB"),
  gets("local.db.bridged", "false"),
  gets("local.old.memory", "1GiB"),
  gets("local.db.good.name", "good"),
  gets("local.db.good.comment", "a note"),
  { line: "get --raw local.bridged-network", situation: "empty", api: daemon, code: 0, stdout: "\n" },
  {
    line: "get client.primary-name",
    situation: "disabled",
    settings: { "client.primary-name": "" },
    code: 0,
    stdout: "<empty>\n",
  },
  { line: "get a b", situation: "two keys", code: 1, stderr: "Need at most one setting key.\n" },
  { line: "get", situation: "no key", code: 1, stderr: /^Multiple settings not implemented yet\./ },
  {
    line: "get client.nix",
    situation: "no key of the client",
    code: 1,
    stderr: "Unrecognized settings key: 'client.nix'\n",
  },
  { line: "get nix", situation: "nobody's key", code: 1, stderr: "Unrecognized settings key: 'nix'\n" },
  ...["local.nix", "local.db.nix", "local.db.good.nix", "local.constructor"].map((key) => ({
    line: `get ${key}`,
    situation: "no key of the daemon",
    api: daemon,
    code: 2,
    stderr: `get failed: Unrecognized settings key: '${key}'\n`,
  })),
  {
    line: "get local.nix.cpus",
    situation: "no such instance",
    api: daemon,
    code: 2,
    stderr: "get failed: Cannot obtain instance settings; instance: nix; reason: No such instance\n",
  },
  {
    line: "get local.db.nix.name",
    situation: "no such snapshot",
    api: daemon,
    code: 2,
    stderr: "get failed: Cannot access snapshot settings; instance: db; reason: No such snapshot: db.nix\n",
  },
  {
    line: "get local.db.auto1.name",
    situation: "a point that Multipass has no word for",
    api: daemon,
    code: 2,
    stderr: "get failed: Cannot access snapshot settings; instance: db; reason: No such snapshot: db.auto1\n",
  },
  {
    line: "get local.nix.good.name",
    situation: "no such instance",
    api: daemon,
    code: 2,
    stderr: "get failed: Cannot access snapshot settings; instance: nix; reason: No such instance\n",
  },
  {
    line: "get local.db.cpus",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "get failed: cannot connect to the multipass socket\n",
  },
  {
    line: "get --keys",
    situation: "all",
    api: { ...daemon, "instance.list": () => [stopped] },
    code: 0,
    stdout: `${[
      "client.primary-name",
      "local.bridged-network",
      "local.db.bridged",
      "local.db.cpus",
      "local.db.disk",
      "local.db.good.comment",
      "local.db.good.name",
      "local.db.memory",
      "local.driver",
      "local.image.mirror",
      "local.passphrase",
      "local.privileged-mounts",
    ].join("\n")}\n`,
  },
  {
    line: "get --keys",
    situation: "no daemon",
    isAlone: true,
    code: 0,
    stdout: "client.primary-name\n",
    stderr: "Could not reach daemon.\n",
  },
  { line: "get --keys local.db.cpus", situation: "one", api: daemon, code: 0, stdout: "local.db.cpus\n" },
  {
    line: "get --keys nix",
    situation: "none",
    api: daemon,
    code: 1,
    stderr: "Unrecognized settings key: 'nix'\n",
  },
]);

const sets = (line: string, key: string, value: string): Row => ({
  line: `set ${line}`,
  situation: "is kept",
  api: daemon,
  code: 0,
  sends: ["settings.set", { key, value }],
});
const invalid = (assignment: string, why: string): Row => ({
  line: ["set", assignment],
  situation: "what it cannot be",
  api: daemon,
  code: 2,
  stderr: `set failed: Invalid setting '${assignment}': ${why}\n`,
});
const unchangeable = (name: string, why: string): Row => ({
  line: `set local.${name}.cpus=1`,
  situation: "it cannot be changed",
  api: daemon,
  code: 2,
  stderr: `set failed: Cannot update instance settings; instance: ${name}; reason: ${why}\n`,
});

table([
  sets("local.bridged-network=eth0", "networks.bridged", "eth0"),
  sets("local.bridged-network=", "networks.bridged", ""),
  sets("local.image.mirror=https://a.example", "images.mirror", "https://a.example/"),
  sets("local.image.mirror=", "images.mirror", ""),
  ...["false", "OFF", "no", "0"].map((word) => sets(`local.privileged-mounts=${word}`, "mounts.enabled", "off")),
  ...["True", "on", "YES", "1"].map((word) => sets(`local.privileged-mounts=${word}`, "mounts.enabled", "on")),
  sets("local.db.cpus=3", "local.db.cpus", "3"),
  sets("local.db.memory=2GiB", "local.db.memory", String(2 ** 31)),
  sets("local.db.disk=6.5G", "local.db.disk", String(6.5 * 2 ** 30)),
  sets("local.db.good.name=better", "local.db.good.name", "better"),
  sets("local.db.good.comment=", "local.db.good.comment", ""),
  ...["qemu", "QEMU"].map((word) => ({
    line: `set local.driver=${word}`,
    situation: "the only one",
    api: daemon,
    code: 0,
  })),
  { line: "set local.db.bridged=false", situation: "it is not", api: daemon, code: 0 },
  invalid("local.driver=lxd", "Invalid driver"),
  invalid("local.driver=", "Invalid driver"),
  invalid("local.privileged-mounts=maybe", 'Invalid value, try "true" or "false"'),
  invalid("local.db.bridged=maybe", 'Invalid value, try "true" or "false"'),
  invalid("local.image.mirror=http://a.example", "Invalid URL: need https://"),
  ...["0", "-1", "x", "1.5", ""].map((cpus) =>
    invalid(`local.db.cpus=${cpus}`, "Need a positive integer (in decimal format) of minimum 1"),
  ),
  invalid("local.db.memory=0", "Need a positive size."),
  invalid("local.db.memory=511M", "Memory less than 512M minimum not allowed"),
  invalid("local.db.disk=4G", "Disk can only be expanded"),
  ...["memory", "disk"].map((property) =>
    invalid(
      `local.db.${property}=1T`,
      "1T is not a valid memory size - need a non-negative integer (in base 10) or a decimal followed by K, M, or G (e.g. 1234B, 42MiB, 0.5G)",
    ),
  ),
  ...["", "1a", "a.b"].map((name) => invalid(`local.db.good.name=${name}`, "Invalid snapshot name.")),
  {
    line: "set local.db.bridged=true",
    situation: "no network can be bridged",
    api: daemon,
    code: 2,
    stderr:
      "set failed: Invalid network '' set as bridged interface, use `multipass set local.bridged-network=<name>` to correct. See `multipass networks` for valid names.\n",
  },
  unchangeable("nix", "No such instance"),
  unchangeable("old", "Instance is deleted"),
  unchangeable("new", "instance is being prepared"),
  unchangeable("web", "Instance must be stopped for modification"),
  unchangeable("s", "Instance must be stopped for modification"),
  {
    line: "set local.old.good.comment=a",
    situation: "in the trash",
    api: daemon,
    code: 2,
    stderr: "set failed: Cannot access snapshot settings; instance: old; reason: Instance is deleted\n",
  },
  {
    line: "set local.db.good.name=other",
    situation: "the name is taken",
    api: refuses("point-exists", '"db" has a point "other" already'),
    code: 2,
    stderr: "set failed: Snapshot already exists: db.other\n",
  },
  {
    line: "set local.image.mirror=https://a.example/?token=1",
    situation: "more than one =",
    code: 1,
    stderr: "Bad key-value format.\n",
  },
  {
    line: "set local.image.mirror=https://a.example/?token",
    situation: "strata does not take it",
    api: refuses("setting-invalid", "images.mirror cannot be that"),
    code: 2,
    stderr: "set failed: Invalid setting 'local.image.mirror=https://a.example/?token': images.mirror cannot be that\n",
  },
  {
    line: "set local.db.cpus=99",
    situation: "the host has fewer",
    api: refuses("cpus-too-many", "99 cpus are more than this host can serve (it has 2)"),
    code: 2,
    stderr: "set failed: 99 cpus are more than this host can serve (it has 2)\n",
  },
  {
    line: "set local.nix=1",
    situation: "no key of the daemon",
    api: daemon,
    code: 2,
    stderr: "set failed: Unrecognized settings key: 'local.nix'\n",
  },
  ...["client.nix", "nix"].map((key) => ({
    line: `set ${key}=1`,
    situation: "no key of the client",
    code: 1,
    stderr: `Unrecognized settings key: '${key}'\n`,
  })),
  ...["", "a=1 b=2"].map((words) => ({
    line: `set ${words}`,
    situation: "not one setting",
    code: 1,
    stderr: "Need exactly one key-value pair (in <key>=<value> form).\n",
  })),
  ...["=1", "a=b=c"].map((word) => ({
    line: `set ${word}`,
    situation: "no setting",
    code: 1,
    stderr: "Bad key-value format.\n",
  })),
  ...["1a", "a-", "a b", "a".repeat(64)].map((name) => ({
    line: ["set", `client.primary-name=${name}`],
    situation: "no name",
    ...(name.length > 63 && {
      more: {
        settings: {
          list: () => [],
          set: () => {
            throw new UserError("name-invalid", "");
          },
        },
      },
    }),
    code: 1,
    stderr: `Invalid setting 'client.primary-name=${name}': Invalid hostname\n`,
  })),
  {
    line: "set local.db.cpus=1",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "set failed: cannot connect to the multipass socket\n",
  },
]);

test.each(["web", ""])("client.primary-name can be %p", async (name) => {
  const ran = await runLine(["set", `client.primary-name=${name}`]);
  expect(ran).toMatchObject({ code: 0, stdout: "", stderr: "", settings: { "client.primary-name": name }, calls: [] });
});

test("a value that is not on the line is asked for", async () => {
  const ran = await runLine(["set", "local.db.memory"], { api: daemon, answers: ["2G"] });
  expect(ran.questions).toEqual(["local.db.memory: "]);
  expect(ran.calls.find(({ name }) => name === "settings.set")?.input).toMatchObject({ value: String(2 ** 31) });
  expect(await runLine(["set", "local.db.memory"], { api: daemon })).toMatchObject({
    code: 1,
    stderr: "Failed to read value\n",
  });
});

test("a passphrase is asked for twice, and its own call takes it", async () => {
  const ran = await runLine(["set", "local.passphrase"], { api: daemon, answers: ["foo", "foo"] });
  expect(ran.questions).toEqual(["Please enter passphrase: ", "Please re-enter passphrase: "]);
  expect(ran.calls.find(({ name }) => name === "passphrase.set")?.input).toMatchObject({ passphrase: "foo" });
  expect(ran.code).toBe(0);
  const other = await runLine(["set", "local.passphrase"], { api: daemon, answers: ["foo", "bar"] });
  expect(other).toMatchObject({ code: 1, stderr: "Passphrases do not match\n", calls: [] });
});

test("a passphrase on the line is taken, and an empty one takes it away", async () => {
  for (const passphrase of ["foo", ""]) {
    const ran = await runLine(["set", `local.passphrase=${passphrase}`], { api: daemon });
    expect(ran.calls[0]).toMatchObject({ name: "passphrase.set", input: { passphrase } });
  }
});

const passphrases = (isSet: boolean, isRight: boolean): Script => ({ "passphrase.check": () => ({ isSet, isRight }) });

table([
  {
    line: "authenticate foo",
    situation: "it is right",
    api: passphrases(true, true),
    code: 0,
    sends: ["passphrase.check", { passphrase: "foo" }],
  },
  {
    line: "auth",
    situation: "typed",
    answers: ["foo"],
    api: passphrases(true, true),
    code: 0,
    sends: ["passphrase.check", { passphrase: "foo" }],
  },
  {
    line: "authenticate foo",
    situation: "it is wrong",
    api: passphrases(true, false),
    code: 2,
    stderr: "authenticate failed: Passphrase is not correct. Please try again.\n",
  },
  {
    line: "authenticate foo",
    situation: "there is none",
    api: passphrases(false, false),
    code: 2,
    stderr: /^authenticate failed: Incorrect passphrase\. No passphrase is set\. /,
  },
  { line: "authenticate", situation: "nothing typed", answers: [""], code: 1, stderr: "No passphrase given\n" },
  { line: "authenticate", situation: "nobody there", code: 1, stderr: "Failed to read value\n" },
  { line: "authenticate a b", situation: "two", code: 1, stderr: "Too many arguments given\n" },
  {
    line: "authenticate foo",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "authenticate failed: cannot connect to the multipass socket\n",
  },
]);

test("a stopped instance gets a card on the bridged network, and keeps it", async () => {
  const sent: unknown[] = [];
  const eth0 = { name: "eth0", type: "ethernet", description: "", isUsable: true, needsBridge: true } as const;
  const api = (isBridged: boolean): Script => ({
    ...daemon,
    "host.interfaces": () => ({ interfaces: [eth0] }),
    "settings.list": ({ key = "" }) => [
      { key, value: key === "networks.bridged" ? "eth0" : String(isBridged), default: "", about: "" },
    ],
    "settings.set": ({ key, value, makesBridges }) => {
      sent.push([key, value, makesBridges]);
      return changes.accepted();
    },
  });
  const line = (value: boolean) => ["set", `local.db.bridged=${value}`];
  await runLine(line(true), { api: api(false), answers: ["yes"] });
  expect(sent).toEqual([["local.db.bridged", "true", true]]);
  await runLine(line(true), { api: api(true) });
  const kept = await runLine(line(false), { api: api(true) });
  expect([kept.code, kept.stderr]).toEqual([
    2,
    "set failed: Removing the bridged network is currently not supported\n",
  ]);
  expect(sent.length).toBe(1);
});
