/** find and wait-ready: which images are meant, in every shape, and what is said where remotes are away. */
import { expect, test } from "bun:test";
import { expectGolden } from "../../golden.ts";
import { UserError } from "../../../src/errors.ts";
import type { FoundImages } from "../../../src/model/view.ts";
import { runLine, type Script, table } from "./harness.ts";

type Offer = FoundImages["offers"][number];

function offer(host: string, title: string, names: string[], more: Partial<Offer> = {}): Offer {
  return {
    host,
    name: names[0] ?? "",
    names,
    title,
    release: names[0] ?? "",
    version: "20250610",
    architecture: "amd64",
    url: "https://example.org/a.img",
    isSupported: true,
    isHere: false,
    ...more,
  };
}

const offers = [
  offer("release", "Ubuntu 24.04 LTS", ["24.04", "default", "lts", "n", "noble"], {
    digest: `sha256:${"ab".repeat(32)}`,
  }),
  offer("release", "Ubuntu 22.04 LTS", ["22.04", "j", "jammy"], { version: "20240423" }),
  offer("release", "Ubuntu 18.04 LTS", ["18.04", "b", "bionic"], { isSupported: false }),
  offer("daily", "Ubuntu 26.10", ["26.10", "devel"]),
  offer("daily", "Ubuntu 24.04 LTS", ["24.04", "noble"]),
  offer("debian", "Debian 12", ["debian-12", "bookworm", "12"]),
  offer("folder", "Debian 12", ["debian-12"]),
  offer("folder", "Tiny", ["tiny"], { version: "0815" }),
];
const answers = (found: Partial<FoundImages> = {}): Script => ({
  "image.find": ({ host }) => ({
    offers: offers.filter((each) => host === undefined || each.host === host),
    hosts: [],
    ...found,
  }),
});
const away = { name: "daily", failure: { code: "image-host-unreachable", message: "nobody answers" } };

test.each(["table", "json", "csv", "yaml"])("find as %s", async (format) => {
  const ran = await runLine(["find", "--format", format], { api: answers() });
  expect(ran.code).toBe(0);
  expectGolden(`multipass/find.${format}`, ran.stdout);
});

test.each(["table", "json", "csv", "yaml"])("nothing found as %s", async (format) => {
  const ran = await runLine(["find", "nix", "--format", format], { api: answers() });
  expect(ran.code).toBe(0);
  expectGolden(`multipass/find-nothing.${format}`, ran.stdout);
});

const images = (stdout: string): string[] =>
  stdout
    .split("\n")
    .slice(1)
    .flatMap((line) => line.split(",", 1)[0] || []);

test.each([
  ["noble", ["24.04"]],
  ["abab", ["24.04"]],
  ["bionic", []],
  ["nob", []],
  ["devel", ["daily:26.10"]],
  ["daily:noble", ["daily:24.04"]],
  ["daily:", ["daily:26.10", "daily:24.04"]],
  ["debian-12", ["debian-12"]],
  ["--show-unsupported bionic", ["18.04"]],
  ["--show-unsupported release:", ["24.04", "22.04", "18.04"]],
] as const)("find %s", async (line, expected) => {
  const ran = await runLine(["find", "--format", "csv", ...line.split(" ")], { api: answers() });
  expect(images(ran.stdout)).toEqual([...expected]);
});

table([
  { line: "find a b", situation: "two", code: 1, stderr: "Wrong number of arguments\n" },
  { line: "find a:b:c", situation: "two colons", code: 1, stderr: "Invalid remote and search string supplied\n" },
  { line: "find --format xml", situation: "no format", code: 1, stderr: "Invalid format type given.\n" },
  { line: "find nix", situation: "nothing", api: answers(), code: 0, stdout: "No images found.\n" },
  {
    line: "find --force-update nix",
    situation: "remotes are asked",
    api: answers(),
    code: 0,
    stdout: "No images found.\n",
    sends: ["image.find", { force: true }],
  },
  {
    line: "find nix:",
    situation: "no such remote",
    api: {
      "image.find": () => {
        throw new UserError("image-host-unknown", "");
      },
    },
    code: 2,
    stderr:
      'find failed: Remote "nix" is unknown or unreachable. If image mirror is enabled, please confirm it is valid.\n',
  },
  {
    line: "find daily:",
    situation: "the remote is away",
    api: answers({ offers: [], hosts: [away] }),
    code: 2,
    stderr:
      'find failed: Remote "daily" is unknown or unreachable. If image mirror is enabled, please confirm it is valid.\n',
  },
  {
    line: "find tiny --format csv",
    situation: "another remote is away",
    api: answers({ hosts: [away] }),
    code: 0,
    stdout: "Image,Remote,Aliases,OS,Release,Version,Type\ntiny,,,,Tiny,0815,Cloud Image\n",
    stderr: "warning: nobody answers\n",
  },
  {
    line: "find",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "find failed: cannot connect to the multipass socket\n",
  },
  { line: "wait-ready a", situation: "with a word", code: 1, stderr: "This command takes no arguments\n" },
  {
    line: "wait-ready --timeout x",
    situation: "no time",
    code: 1,
    stderr: "error: --timeout value has to be a positive integer\n",
  },
  { line: "wait-ready", situation: "it is ready", api: answers(), code: 0 },
]);

test("wait-ready asks again, twice a second, until the daemon answers with an image", async () => {
  const slept: number[] = [];
  let asked = 0;
  const ran = await runLine(["wait-ready"], {
    api: {
      "image.find": () => {
        asked += 1;
        if (asked === 1) throw new UserError("daemon-unreachable", "", { exit: 3 });
        return { offers: asked === 2 ? [] : offers, hosts: [] };
      },
    },
    more: { clock: { monotonicMs: () => 0, sleep: async (ms) => void slept.push(ms) } },
  });
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(slept).toEqual([500, 500]);
});

test("wait-ready gives up when its time is over", async () => {
  const never = new Promise<void>(() => undefined);
  const ran = await runLine(["wait-ready", "--timeout", "3"], {
    api: answers({ offers: [] }),
    more: { clock: { monotonicMs: () => 0, sleep: (ms) => (ms === 3000 ? Promise.resolve() : never) } },
  });
  expect(ran).toMatchObject({ code: 5, stderr: "Timed out waiting for the Multipass daemon to be ready.\n" });
});
