/** zones, enable-zones, disable-zones, networks: their answers, and what becomes of the instances. */
import { expect, test } from "bun:test";
import { expectGolden } from "../../golden.ts";
import { operation } from "../stand-in.ts";
import { UserError } from "../../../src/errors.ts";
import { networksShapes } from "../../../src/commands/multipass/shapes/networks.ts";
import { print } from "../../../src/commands/multipass/shapes/format.ts";
import { ended, instance, runLine, type Script, table } from "./harness.ts";

const stops = ended("stop");
const inZone = (name: string, zone: string) => instance(name, { labels: { zone } });
const daemon = (unavailable: string): Script => ({
  "settings.list": () => [{ key: "zones.unavailable", value: unavailable, default: "", about: "" }],
  "settings.set": () => ({}),
  "instance.list": () => [
    instance("web"),
    instance("db", { state: "Stopped", power: "off" }),
    instance("old", { state: "Deleted", power: "off" }),
    inZone("far", "zone2"),
    inZone("odd", "zone9"),
  ],
  "instance.stop": stops.accepted,
  "operation.follow": stops.follow,
  "instance.start": () => ({ operation: operation(2, "start") }),
});

const noInterfaces: Script = { "host.interfaces": () => ({ interfaces: [] }) };

test.each(["table", "json", "csv", "yaml"])("zones as %s", async (format) => {
  const ran = await runLine(["zones", "--format", format], { api: daemon("zone2:i-1,i-2") });
  expect(ran.code).toBe(0);
  expectGolden(`multipass/zones.${format}`, ran.stdout);
});

test.each(["table", "json", "csv", "yaml"] as const)("networks as %s", async (format) => {
  let text = "";
  const stdout = {
    isTerminal: false,
    isClosed: false,
    write: (data: string | Uint8Array) => void (text += String(data)),
  };
  const interfaces = [
    { name: "eth1", type: "ethernet", description: 'The "second" card, with a comma' },
    { name: "br0", type: "bridge", description: "Bridge: with eth0" },
  ];
  await print({ stdout }, networksShapes(interfaces), format);
  expectGolden(`multipass/networks.${format}`, text);
});

const prompt = /^Unable to query client for confirmation\. Use '--force' to/;

table([
  { line: "zones a", situation: "with a word", code: 1, stderr: "This command takes no arguments\n" },
  { line: "zones --format xml", situation: "no format", code: 1, stderr: "Invalid format type given.\n" },
  {
    line: "zones",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "zones failed: cannot connect to the multipass socket\n",
  },
  {
    line: "networks --format csv",
    situation: "some",
    api: {
      "host.interfaces": () => ({
        interfaces: [
          { name: "eth0", type: "ethernet", description: "Ethernet device", isUsable: true, needsBridge: true },
          { name: "wlan0", type: "wifi", description: "Wi-Fi device", isUsable: false, needsBridge: false },
        ],
      }),
    },
    code: 0,
    stdout: 'Name,Type,Description\neth0,ethernet,"Ethernet device"\n',
  },
  { line: "networks", situation: "none", api: noInterfaces, code: 0, stdout: "No network interfaces found.\n" },
  {
    line: "networks --format json",
    situation: "none",
    api: noInterfaces,
    code: 0,
    stdout: '{\n    "list": [\n    ]\n}\n',
  },
  { line: "networks --format csv", situation: "none", api: noInterfaces, code: 0, stdout: "Name,Type,Description\n" },
  { line: "networks --format yaml", situation: "none", api: noInterfaces, code: 0, stdout: "\n" },
  { line: "networks a", situation: "with a word", code: 1, stderr: "This command takes no arguments\n" },
  { line: "networks --format xml", situation: "no format", code: 1, stderr: "Invalid format type given.\n" },
  ...["enable-zones", "disable-zones"].flatMap((verb) => [
    { line: verb, situation: "no zone", code: 1, stderr: "Name argument or --all is required\n" },
    {
      line: `${verb} --all zone1`,
      situation: "a zone and all",
      code: 1,
      stderr: /^Cannot specify name.* when --all option set\n$/,
    },
    {
      line: `${verb} zone1 nix`,
      situation: "no such zone",
      code: 2,
      stderr: `${verb} failed: No AZ with name: nix\n`,
    },
  ]),
  { line: "disable-zones zone1", situation: "nobody to ask", code: 1, stderr: prompt },
  { line: "disable-zones zone1", situation: "the answer is no", answers: ["n"], api: daemon(""), code: 2 },
  {
    line: "disable-zones zone1",
    situation: "the answer is yes",
    answers: ["what", ""],
    api: daemon(""),
    code: 0,
    stdout: "Zone disabled: zone1\n",
    sends: ["settings.set", { key: "zones.unavailable", value: "zone1:id-web,id-odd" }],
  },
  {
    line: "disable-zones --force zone3 zone2",
    situation: "forced",
    api: daemon("zone1:id-web"),
    code: 0,
    stdout: "Zones disabled: zone3, zone2\n",
    sends: ["settings.set", { key: "zones.unavailable", value: "zone1:id-web zone2:id-far zone3" }],
  },
  {
    line: "disable-zones --all --force",
    situation: "all",
    api: daemon(""),
    code: 0,
    stdout: "All zones disabled\n",
    sends: ["instance.stop", { force: true }],
  },
  {
    line: "enable-zones zone1",
    situation: "what ran is started",
    api: daemon("zone1:id-db zone2"),
    code: 0,
    stdout: "Zone enabled: zone1\n",
    sends: ["instance.start", { instance: "id-db" }],
  },
  {
    line: "enable-zones --all",
    situation: "all",
    api: daemon("zone1 zone2"),
    code: 0,
    stdout: "All zones enabled\n",
    sends: ["settings.set", { key: "zones.unavailable", value: "" }],
  },
]);

test("a zone that is lost is written down before its instances are stopped, each of them", async () => {
  const { calls } = await runLine(["disable-zones", "--force", "zone1"], { api: daemon("") });
  const names = calls.map(({ name }) => name);
  expect(names.indexOf("settings.set")).toBeLessThan(names.indexOf("instance.stop"));
  expect(calls.filter(({ name }) => name === "instance.stop").map(({ input }) => input)).toMatchObject([
    { instance: "id-web", force: true },
    { instance: "id-odd", force: true },
  ]);
});

test("what is asked before a zone is disabled names the zones", async () => {
  const { questions } = await runLine(["disable-zones", "--all"], { api: daemon(""), answers: ["what", "no"] });
  expect(questions).toEqual([
    "This operation will forcefully stop the VMs in zone1, zone2 and zone3. Are you sure you want to continue? (Yes/no): ",
    "Please answer Yes/no: ",
  ]);
});

test("zones that are as they should be are left alone", async () => {
  for (const [line, unavailable] of [
    ["disable-zones --force zone1", "zone1:id-web"],
    ["enable-zones zone1", "zone2"],
  ] as const) {
    const { calls, code } = await runLine(line.split(" "), { api: daemon(unavailable) });
    expect(code).toBe(0);
    expect(calls.filter(({ name }) => !name.endsWith("list"))).toEqual([]);
  }
});

test("of what ran, only what is there and off is started", async () => {
  const { calls, code } = await runLine(["enable-zones", "zone1"], {
    api: daemon("zone1:id-web,id-db,id-purged,id-old"),
  });
  expect(code).toBe(0);
  expect(calls.filter(({ name }) => name === "instance.start").map(({ input }) => input)).toMatchObject([
    { instance: "id-db" },
  ]);
});

test("what is under way in a zone that is lost is called off first; a launch leaves nothing to stop", async () => {
  const launching = instance("new", { state: "Starting", power: "off", operation: operation(7, "launch") });
  const { calls, code } = await runLine(["disable-zones", "--force", "zone1"], {
    api: {
      ...daemon(""),
      "instance.list": () => [launching],
      "operation.cancel": () => ({ operation: operation(7, "launch") }),
      "instance.stop": () => {
        throw new UserError("instance-not-found", "");
      },
    },
  });
  expect(code).toBe(0);
  expect(calls.map(({ name }) => name).slice(-3)).toEqual(["operation.cancel", "operation.follow", "instance.stop"]);
});
