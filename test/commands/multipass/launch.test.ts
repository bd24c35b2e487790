/** launch: its options and their texts, what it asks the daemon for, and what it says of the outcome. */
import { expect, test } from "bun:test";
import type { Following } from "../../../src/api/contract.ts";
import type { MultipassContext } from "../../../src/commands/multipass/context.ts";
import { UserError } from "../../../src/errors.ts";
import type { Secret } from "../../../src/model/secret.ts";
import { operation } from "../stand-in.ts";
import { ended, instance, runLine, type Script, table } from "./harness.ts";

const made = ended("launch", { instance: instance("web") });
const follows = (last: Parameters<typeof ended>[1]) => ended("launch", last).follow;
const zones = (value: string) => () => [{ key: "zones.unavailable", value, default: "", about: "" }];
const eth0 = { name: "eth0", type: "ethernet", description: "", isUsable: true, needsBridge: true } as const;
const works: Script = {
  "settings.list": () => [],
  "instance.launch": made.accepted,
  "operation.follow": made.follow,
};
const refuses = (code: string, message: string, more: Script = {}): Script => ({
  "settings.list": () => [],
  "image.find": () => ({ offers: [], hosts: [] }),
  "image.list": () => [],
  "instance.launch": () => {
    throw new UserError(code, message);
  },
  ...more,
});
const fails = (code: string, reason: string): Script => ({
  ...works,
  "operation.follow": follows({ result: "failed", failure: { step: "disk", code, reason } }),
});
const mounting: Script = { ...works, "instance.mount": ended("mount").accepted };
const folders: Partial<MultipassContext> = {
  folderStatus: (path) => {
    if (path === "/nix") return "missing";
    if (path === "/file") return "no-folder";
    return path === "/root" ? "unreadable" : "folder";
  },
};
const sends = (input: Record<string, unknown>) => ["instance.launch", input] as const;
const offer = (digest: string) => ({
  host: "release",
  name: "24.04",
  names: ["24.04", "noble"],
  title: "Ubuntu 24.04 LTS",
  release: "24.04",
  version: "20250610",
  architecture: "amd64",
  url: "https://example.org/noble.img",
  digest: `sha256:${digest.padEnd(64, "0")}`,
  isSupported: true,
  isHere: false,
});

const sha256 = "b".repeat(64);
const read: string[] = [];
const sent: string[] = [];
const files: Pick<MultipassContext, "images"> = {
  images: {
    read: async (path) => {
      read.push(path);
      return { path, name: "a.img", bytes: 100, sha256 };
    },
    upload: async (file, onBytes) => {
      onBytes(50, 100);
      sent.push(file.path);
      return file.sha256;
    },
    keyring: () => Promise.reject(new Error("not asked for")),
  },
};

/** A clock that stands still. */
const noTime: Partial<MultipassContext> = {
  clock: { monotonicMs: () => 0, sleep: () => new Promise<void>(() => undefined) },
};
const launched = "Launched: web in zone1\n";

table([
  {
    line: "launch --name web",
    situation: "all is well",
    api: works,
    code: 0,
    stdout: launched,
    sends: sends({ name: "web" }),
  },
  { line: "launch --name=", situation: "an empty name is none", api: works, code: 0, stdout: launched },
  { line: "launch", situation: "under a made-up name", api: works, code: 0, stdout: launched },
  {
    line: "launch noble -nweb -c2 -m 2G --disk=10G",
    situation: "with sizes",
    api: works,
    code: 0,
    stdout: launched,
    sends: sends({ image: { name: "noble" }, name: "web", cpus: 2, memory: 2 ** 31, disk: 10 * 2 ** 30 }),
  },
  {
    line: "launch -m 1.5GiB -d 2147483648B",
    situation: "sizes with other units",
    api: works,
    code: 0,
    stdout: launched,
    sends: sends({ memory: 1.5 * 2 ** 30, disk: 2 ** 31 }),
  },
  {
    line: "launch --timeout 7",
    situation: "with a limit",
    api: works,
    more: noTime,
    code: 0,
    stdout: launched,
    sends: sends({ timeoutMs: 7000 }),
  },
  { line: "launch a b", situation: "two images", code: 1, stderr: "Too many arguments supplied\n" },
  {
    line: "launch a:b:c",
    situation: "two colons",
    code: 1,
    stderr: "Invalid remote and source image name supplied\n",
  },
  ...["0", "-1", "x", "1.5", ""].map((cpus) => ({
    line: ["launch", `--cpus=${cpus}`],
    situation: "no such number of processors",
    code: 1,
    stderr: `Error: invalid CPU count '${cpus}', need a positive integer value.\n`,
  })),
  ...["--memory", "--disk"].map((option) => ({
    line: `launch ${option} 1CiG`,
    situation: "no size",
    code: 1,
    stderr:
      "1CiG is not a valid memory size - need a non-negative integer (in base 10) or a decimal followed by K, M, or G (e.g. 1234B, 42MiB, 0.5G)\n",
  })),
  ...["1T", "0.5", "-1G", "1.G", "G", ""].map((size) => ({
    line: ["launch", `--memory=${size}`],
    situation: "no size either",
    code: 1,
    stderr: /is not a valid memory size/,
  })),
  {
    line: "launch -m 511M",
    situation: "less memory than the least",
    api: works,
    code: 2,
    stderr: "launch failed: Invalid arguments supplied\nInvalid memory size value supplied: 511M.\n",
  },
  {
    line: "launch -d 1023M",
    situation: "a smaller disk than the least",
    api: works,
    code: 2,
    stderr: "launch failed: Invalid arguments supplied\nInvalid disk size value supplied: 1023M.\n",
  },
  ...["1web", "web-", "we_b"].map((name) => ({
    line: ["launch", `--name=${name}`],
    situation: "no name",
    api: works,
    code: 2,
    stderr: `launch failed: Invalid arguments supplied\nInvalid instance name supplied: ${name}\n`,
  })),
  {
    line: "launch -n web",
    situation: "the name is taken",
    api: refuses("instance-exists", 'instance "web" already exists, in the trash'),
    code: 2,
    stderr: 'launch failed: instance "web" already exists\n',
  },
  {
    line: "launch --timeout 0",
    situation: "no time",
    code: 1,
    stderr: "error: --timeout value has to be a positive integer\n",
  },
  {
    line: "launch --timeout 5",
    situation: "too late",
    more: noTime,
    api: { ...works, "operation.follow": follows({ result: "timeout" }) },
    code: 5,
    stderr: "Timed out waiting for instance launch.\n",
  },
  {
    line: "launch",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "launch failed: cannot connect to the multipass socket\n",
  },
  { line: "launch --vnc", situation: "no such option", code: 1, stderr: "Unknown option 'vnc'.\n" },
]);

table([
  ...(
    ["default", "lts", "ubuntu", "release:default", "release:", "daily:noble", "debian", "fedora-42", ":noble"] as const
  ).map((word) => ({
    line: `launch ${word}`,
    situation: "an image by name",
    api: works,
    code: 0,
    stdout: launched,
    sends: sends(
      word === "default"
        ? {}
        : {
            image: {
              name: word
                .replace(/^:/, "")
                .replace("ubuntu", "lts")
                .replace(/^release:.*$/, "release:lts"),
            },
          },
    ),
  })),
  {
    line: "launch https://example.org/a.img",
    situation: "an image by address",
    api: works,
    code: 0,
    stdout: launched,
    sends: sends({ image: { name: "https://example.org/a.img" } }),
  },
  {
    line: "launch nix",
    situation: "no such image",
    api: refuses("image-not-found", 'no image "nix"'),
    code: 2,
    stderr: 'launch failed: Unable to find an image matching "nix" in remote "".\n',
  },
  {
    line: "launch daily:nix",
    situation: "no such image there",
    api: refuses("image-not-found", 'no image "daily:nix"'),
    code: 2,
    stderr: 'launch failed: Unable to find an image matching "nix" in remote "daily".\n',
  },
  ...["core", "snapcraft", "nix"].map((remote) => ({
    line: `launch ${remote}:24`,
    situation: "no such remote",
    api: refuses("image-host-unknown", `there is no image host "${remote}"`),
    code: 2,
    stderr: `launch failed: Remote "${remote}" is unknown or unreachable. If image mirror is enabled, please confirm it is valid.\n`,
  })),
  {
    line: "launch daily:noble",
    situation: "the remote is away",
    api: refuses("image-host-unreachable", "nobody answers"),
    code: 2,
    stderr:
      'launch failed: Remote "daily" is unknown or unreachable. If image mirror is enabled, please confirm it is valid.\n',
  },
  {
    line: "launch https://example.org/a.img",
    situation: "the address is away",
    api: refuses("image-host-unreachable", "example.org cannot be reached"),
    code: 2,
    stderr: "launch failed: example.org cannot be reached\n",
  },
  {
    line: "launch file:///nix.img",
    situation: "no such file",
    api: works,
    more: {
      images: {
        ...files.images,
        read: () =>
          Promise.reject(
            new UserError("image-unreadable", "the image file /nix.img cannot be read: it does not exist"),
          ),
      },
    },
    code: 2,
    stderr: "launch failed: Custom image `/nix.img` does not exist.\n",
  },
  {
    line: "launch abc12",
    situation: "two hashes begin so",
    api: refuses("image-not-found", "", {
      "image.find": () => ({ offers: [offer("abc123"), offer("abc124")], hosts: [] }),
    }),
    code: 2,
    stderr: 'launch failed: Too many images matching "abc12"\n',
  },
  {
    line: "launch -d 1G",
    situation: "the image is larger",
    api: {
      ...fails("disk-too-small", "a disk of 1G is smaller than the image, which has 3.5G"),
      "image.list": () => [
        {
          name: "noble",
          title: "Ubuntu",
          sha256: "a".repeat(64),
          bytes: 1,
          virtualSize: 3_758_096_384,
          format: "qcow2",
          addedAt: "",
          usedAt: "",
          instances: [],
        },
      ],
    },
    code: 2,
    stderr: "launch failed: Requested disk (1073741824 bytes) below minimum for this image (3758096384 bytes)\n",
  },
  {
    line: "launch",
    situation: "the machine does not start",
    api: fails("machine-not-started", "the machine did not start"),
    code: 2,
    stderr: "launch failed: the machine did not start\n",
  },
]);

table([
  {
    line: "launch --zone zone2",
    situation: "in another zone",
    api: works,
    code: 0,
    stdout: "Launched: web in zone2\n",
    sends: sends({ labels: { zone: "zone2" } }),
  },
  { line: "launch --zone 3", situation: "by number", api: works, code: 0, stdout: "Launched: web in zone3\n" },
  { line: "launch --zone 4", situation: "no such number", code: 2, stderr: "launch failed: No AZ with name: 4\n" },
  { line: "launch --zone nix", situation: "no such zone", code: 2, stderr: "launch failed: No AZ with name: nix\n" },
  {
    line: "launch --zone=",
    situation: "none",
    code: 1,
    stderr: "Error: Empty zone specified with --zone option\n",
  },
  {
    line: "launch --zone zone1",
    situation: "one that is unavailable",
    api: { ...works, "settings.list": zones("zone1") },
    code: 2,
    stderr: "launch failed: Invalid arguments supplied\nUnavailable zone name supplied: zone1\n",
  },
  {
    line: "launch",
    situation: "the first zone is unavailable",
    api: { ...works, "settings.list": zones("zone1:i-1") },
    code: 0,
    stdout: "Launched: web in zone2\n",
  },
  {
    line: "launch",
    situation: "no zone is there",
    api: { ...works, "settings.list": zones("zone1 zone2 zone3") },
    code: 2,
    stderr: "launch failed: No AZ is available\n",
  },
]);

table([
  ...(
    [
      ["name=eth0,mode=odd", "Bad network mode 'odd', need 'auto' or 'manual'"],
      ["name=eth0,mac=12:34", "Invalid MAC address: 12:34"],
      ["name=eth0,speed=1", "Bad network field: speed"],
      ["mode=auto", "Bad network definition, need at least a 'name' field"],
      ["", "Bad network definition, need at least a 'name' field"],
      ["eth0,eth1", "Bad network field definition: eth0"],
    ] as const
  ).map(([spec, text]) => ({
    line: ["launch", "--network", spec],
    situation: "a network that is none",
    code: 1,
    stderr: `error: ${text}\n`,
  })),
  ...["eth0", "name=eth0,mode=manual,mac=52:54:00:AB:cd:ef"].map((spec) => ({
    line: `launch --network ${spec}`,
    situation: "this daemon can bridge nothing",
    api: {
      ...works,
      "host.interfaces": () => ({ interfaces: [eth0], why: "only root does that" }),
      "instance.launch": () => {
        throw new UserError("needs-root", "only root does that");
      },
    },
    code: 2,
    stderr: "launch failed: The networks feature is not implemented on this backend.\nonly root does that\n",
  })),
  {
    line: "launch --network nix",
    situation: "there is no such network",
    api: {
      ...works,
      "host.interfaces": () => ({ interfaces: [eth0] }),
      "instance.launch": () => {
        throw new UserError("interface-not-found", 'there is no network "nix"');
      },
    },
    code: 2,
    stderr:
      'launch failed: Invalid network options. there is no network "nix". See `multipass networks` for valid names.\n',
  },
  {
    line: "launch --network eth0",
    situation: "a bridge has to be made, and nobody can be asked",
    api: { ...works, "host.interfaces": () => ({ interfaces: [eth0] }) },
    code: 2,
    stderr:
      "launch failed: Multipass needs to create a bridge to connect to eth0.\nThis will temporarily disrupt connectivity on that interface.\nThere is nobody to ask here.\n",
  },
  {
    line: "launch --bridged",
    situation: "no network is set for that",
    api: works,
    code: 2,
    stderr:
      "launch failed: You have to `multipass set local.bridged-network=<name>` to use the `--bridged` shortcut.\n",
  },
  ...(
    [
      ["/nix", "does not exist"],
      ["/file:/srv", "is not a directory"],
      ["/root", "is not readable"],
    ] as const
  ).map(([mount, fault]) => ({
    line: `launch --mount ${mount}`,
    situation: "what cannot be mounted",
    more: folders,
    code: 1,
    stderr: `Mount source path "${mount.split(":")[0]}" ${fault}\n`,
  })),
  {
    line: "launch --mount /srv:data --mount /srv",
    situation: "mounts, one after the other",
    api: mounting,
    more: folders,
    code: 0,
    stdout: `${launched}Mounted '/srv' into 'web:/home/ubuntu/data'\nMounted '/srv' into 'web:/home/ubuntu/srv'\n`,
    sends: ["instance.mount", { instance: "web", source: "/srv", type: "classic" }],
  },
  {
    line: "launch --mount /srv",
    situation: "what cannot be mounted there",
    api: { ...mounting, "instance.mount": () => Promise.reject(new UserError("mount-unsupported", "no sshfs")) },
    more: folders,
    code: 2,
    stdout: launched,
    stderr: "mount failed: no sshfs\n",
  },
  {
    line: "launch --mount /srv",
    situation: "mounts are switched off",
    api: { ...works, "settings.list": () => [{ key: "mounts.enabled", value: "off", default: "on", about: "" }] },
    more: folders,
    code: 0,
    stdout: `${launched}Skipping mount due to disabled mounts feature\n`,
  },
  {
    line: "launch --name web",
    situation: "the primary instance gets the home",
    settings: { "client.primary-name": "web" },
    api: mounting,
    more: { home: "/home/someone" },
    code: 0,
    stdout: `${launched}Mounted '/home/someone' into 'web:/home/ubuntu/Home'\n`,
    sends: ["instance.mount", { instance: "web", source: "/home/someone", target: "Home" }],
  },
]);

const cloudInit = (code: string, message: string): Partial<MultipassContext> => ({
  cloudConfig: () => Promise.reject(new UserError(code, message)),
});

table([
  {
    line: "launch --cloud-init web.yaml",
    situation: "with a text",
    api: works,
    more: { cloudConfig: (source) => Promise.resolve({ text: `of ${source}` as Secret<string>, ignored: [] }) },
    code: 0,
    stdout: launched,
    sends: sends({ cloudInit: "of web.yaml" }),
  },
  {
    line: "launch --cloud-init nix.yaml",
    situation: "no such file",
    more: cloudInit("cloud-init-unreadable", "the cloud-init file nix.yaml cannot be read: it does not exist"),
    code: 1,
    stderr: "Could not load cloud-init configuration: bad file: nix.yaml\nPlease ensure that Multipass can read it.\n",
  },
  {
    line: "launch --cloud-init -",
    situation: "no YAML",
    more: cloudInit("cloud-init-invalid", "it is not valid YAML"),
    code: 1,
    stderr: "Could not load cloud-init configuration: it is not valid YAML\n",
  },
]);

test("an image that is named by the start of its hash is asked for by its name", async () => {
  const names: unknown[] = [];
  const ran = await runLine(["launch", "abc12"], {
    api: {
      ...works,
      "image.list": () => [],
      "image.find": () => ({ offers: [offer("abc123"), offer("abd")], hosts: [] }),
      "instance.launch": ({ image }) => {
        names.push(image?.name);
        if (image?.name === "abc12") throw new UserError("image-not-found", "");
        return made.accepted();
      },
    },
  });
  expect(ran.stderr).toBe("");
  expect(names).toEqual(["abc12", "24.04"]);
});

test.each([
  ["file:///srv/a.img", "/srv/a.img"],
  ["file://a.img", "/home/someone/a.img"],
])("%s is read here and sent", async (word, path) => {
  const ran = await runLine(["launch", word], { api: { ...works, "image.list": () => [] }, more: files });
  expect(ran.stdout).toBe(launched);
  expect(read.at(-1)).toBe(path);
  expect(sent.at(-1)).toBe(path);
  expect(ran.calls.at(-2)?.input).toMatchObject({ image: { name: "a.img", sha256 } });
});

test("what happens is said in the reference's words", async () => {
  const drawn: string[] = [];
  async function* follow(): AsyncGenerator<Following> {
    yield { kind: "step", step: "image", detail: "" };
    yield { kind: "bytes", step: "image", done: 42, total: 100 };
    yield { kind: "bytes", step: "image", done: 100, total: 100 };
    yield { kind: "step", step: "image", detail: "extracting" };
    for (const step of ["disk", "boot", "reachable", "cloud-init"] as const) yield { kind: "step", step, detail: "" };
    yield { kind: "ended", operation: operation(1, "launch"), result: "ok", durationMs: 1, instance: instance("web") };
  }
  await runLine(["launch"], {
    api: {
      ...works,
      "instance.launch": () => ({ ...made.accepted(), instance: instance("web") }),
      "operation.follow": follow,
    },
    more: {
      stdout: { isTerminal: false, isClosed: false, write: (data) => void drawn.push(String(data)) },
    },
  });
  // oxlint-disable-next-line no-control-regex
  const lines = drawn.map((text) => text.replaceAll(/\u001B\[\d[A-Z]|\r/g, "").trim()).filter(Boolean);
  expect(lines).toEqual([
    "Creating instance in zone1",
    "Creating web in zone1",
    "Preparing image for web",
    "Retrieving image: 42%",
    "Retrieving image: 100%",
    "Verifying image",
    "Extracting image",
    "Configuring web",
    "Starting web",
    "Waiting for initialization to complete",
    "Launched: web in zone1",
  ]);
});

test("a launch that is no operation in its time is called back", async () => {
  const ran = await runLine(["launch", "--timeout", "5"], {
    api: {
      "settings.list": () => [],
      "instance.launch": () => new Promise<never>(() => undefined),
      "instance.abandon": () => ({}),
    },
  });
  expect(ran).toMatchObject({ code: 5, stderr: "Timed out waiting for instance launch.\n" });
  expect(ran.calls.at(-1)?.name).toBe("instance.abandon");
});

test("a card on an interface of the host is asked for once a bridge may be made", async () => {
  const sent: unknown[] = [];
  const api: Script = {
    ...works,
    "host.interfaces": () => ({ interfaces: [eth0] }),
    "settings.list": ({ key = "" }) => [
      { key, value: key === "networks.bridged" ? "eth0" : "", default: "", about: "" },
    ],
    "instance.launch": (input) => {
      sent.push(input.networks, input.makesBridges);
      throw new UserError("no-space", "full");
    },
  };
  await runLine(["launch", "--bridged", "--network", "name=eth0,mode=manual"], { api, answers: ["yes"] });
  expect(sent).toEqual([
    [
      { name: "bridged", mode: "auto" },
      { name: "eth0", mode: "manual" },
    ],
    true,
  ]);
  expect((await runLine(["launch", "--bridged"], { api, answers: ["no"] })).code).toBe(2);
  expect(sent.length).toBe(2);
});
