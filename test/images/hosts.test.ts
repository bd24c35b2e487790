/** Each kind of host against lists in the shape that its real one has. */
import { describe, expect, test } from "bun:test";
import { createDebianHost } from "../../src/images/debian.ts";
import { createFedoraHost } from "../../src/images/fedora.ts";
import { compareVersions, type ListOptions } from "../../src/images/host.ts";
import { hostsFor } from "../../src/images/hosts.ts";
import { createSimplestreams } from "../../src/images/simplestreams.ts";
import { parseHostList } from "../../src/model/image-host.ts";
import { streamTexts, ubuntuProducts, type StreamProduct } from "./streams.ts";

/** Reads from a table: addresses that are not in it are not there. */
const reading = (texts: Record<string, string>, architecture = "amd64"): ListOptions => ({
  architecture,
  reader: {
    read: async (url) => {
      const text = texts[url];
      return text === undefined ? undefined : { text, modified: "Mon, 10 Nov 2025 20:00:00 GMT" };
    },
  },
});
const root = "https://images.example/releases";
const streams = (products: readonly StreamProduct[]) => {
  const { index, list } = streamTexts(products);
  return {
    [`${root}/streams/v1/index.json`]: index,
    [`${root}/streams/v1/com.ubuntu.cloud:released:download.json`]: list,
  };
};
const ubuntu = createSimplestreams({ name: "release", root });
const [noble] = ubuntuProducts.filter(({ release, arch }) => release === "noble" && arch === undefined) as [
  StreamProduct,
];

describe("simplestreams", () => {
  test("gives the newest disk of each release for this architecture", async () => {
    const offers = await ubuntu.list(reading(streams(ubuntuProducts)));
    expect(offers.map(({ release }) => release)).toEqual(["9.10", "22.04", "24.04", "25.10"]);
    expect(offers[2]).toEqual({
      host: "release",
      names: ["24.04", "default", "lts", "n", "noble"],
      title: "Ubuntu 24.04 LTS",
      release: "24.04",
      codename: "noble",
      version: "20251102.1",
      architecture: "amd64",
      url: `${root}/server/noble/20251102.1/disk1.img`,
      bytes: 600_000_000,
      digest: `sha256:${"1".repeat(64)}`,
      isSupported: true,
    });
  });

  test("gives what another architecture has", async () => {
    const offers = await ubuntu.list(reading(streams(ubuntuProducts), "arm64"));
    expect(offers.map(({ names }) => names)).toEqual([["24.04", "arm-only", "noble", "lts"]]);
  });

  test("calls the newest supported LTS lts where the list does not say which", async () => {
    const silent = ubuntuProducts.map((product) => ({
      ...product,
      aliases: product.aliases.replace("default,lts,", ""),
    }));
    const offers = await ubuntu.list(reading(streams(silent)));
    expect(offers.filter(({ names }) => names.includes("lts")).map(({ release }) => release)).toEqual(["24.04"]);
  });

  test("prefers the disk for all machines, and takes the one for KVM where there is no other", async () => {
    const versions = (types: string[]) => ({ "1": Object.fromEntries(types.map((type) => [type, { path: type }])) });
    const given = async (...types: string[]) =>
      (await ubuntu.list(reading(streams([{ ...noble, versions: versions(types) }]))))[0]?.url;
    expect(await given("disk-kvm.img", "disk1.img", "tar.gz")).toEndWith("/disk1.img");
    expect(await given("tar.gz", "disk-kvm.img")).toEndWith("/disk-kvm.img");
    expect(await given("qcow2")).toEndWith("/qcow2");
    expect(await given("tar.gz")).toBeUndefined();
  });

  test("lists other systems under the names that they give", async () => {
    const debian = {
      ...noble,
      os: "debian",
      aliases: "debian,bookworm,12,debian-12",
      release: "bookworm",
      title: "12",
      version: "12",
    };
    expect((await ubuntu.list(reading(streams([debian]))))[0]).toMatchObject({
      names: ["debian", "bookworm", "12", "debian-12"],
      title: "Debian 12",
    });
  });

  test.each([
    ["an answer that is none", {}, "there is nothing"],
    ["a page of HTML", { [`${root}/streams/v1/index.json`]: "<html>" }, "not JSON"],
    ["JSON of another kind", { [`${root}/streams/v1/index.json`]: "[]" }, "no list of images"],
  ])("refuses %s", async (_what, texts, why) => {
    const listing = ubuntu.list(reading(texts as Record<string, string>));
    await expect(listing).rejects.toMatchObject({
      code: "image-listing-invalid",
      message: expect.stringContaining(why),
    });
  });

  test.each(["../../../etc/passwd", "https://elsewhere.example/disk1.img", "/etc/shadow", "file:///etc/shadow"])(
    "refuses a list that leads to %s",
    async (path) => {
      const leading = { ...noble, versions: { "1": { "disk1.img": { path } } } };
      await expect(ubuntu.list(reading(streams([leading])))).rejects.toMatchObject({ code: "image-listing-invalid" });
    },
  );

  test("passes over a product that it cannot read, and refuses a list of nothing else", async () => {
    const texts = streams([noble]);
    const path = `${root}/streams/v1/com.ubuntu.cloud:released:download.json`;
    const list = JSON.parse(texts[path] ?? "");
    list.products["strange"] = { arch: 7 };
    expect(await ubuntu.list(reading({ ...texts, [path]: JSON.stringify(list) }))).toHaveLength(1);
    list.products = { strange: { arch: 7 } };
    await expect(ubuntu.list(reading({ ...texts, [path]: JSON.stringify(list) }))).rejects.toMatchObject({
      code: "image-listing-invalid",
    });
  });
});

describe("Debian", () => {
  const tree = "https://debian.example/cloud";
  const sums = (number: number) =>
    [
      `${"a".repeat(128)}  debian-${number}-genericcloud-amd64.qcow2`,
      `${String(number).repeat(64)}  debian-${number}-generic-amd64.qcow2`,
    ].join("\n");
  const host = createDebianHost("debian", tree);

  test("reads the digests of each release's newest folder", async () => {
    const offers = await host.list(
      reading({ [`${tree}/trixie/latest/SHA512SUMS`]: sums(13), [`${tree}/bookworm/latest/SHA512SUMS`]: sums(12) }),
    );
    expect(offers.map(({ names }) => names)).toEqual([
      ["debian-13", "trixie", "13", "debian"],
      ["debian-12", "bookworm", "12"],
    ]);
    expect(offers[1]).toMatchObject({
      title: "Debian 12",
      version: "20251110",
      url: `${tree}/bookworm/latest/debian-12-generic-amd64.qcow2`,
      digest: `sha512:${"12".repeat(64)}`,
    });
  });

  test("claims its names and no other", () => {
    expect(["debian", "trixie", "12", "debian-12"].every((name) => host.claims?.(name))).toBe(true);
    expect(["noble", "24.04", "lts", "fedora"].some((name) => host.claims?.(name))).toBe(false);
  });

  test("that has none of its releases is no tree", async () => {
    await expect(host.list(reading({}))).rejects.toMatchObject({ code: "image-listing-invalid" });
  });
});

describe("Fedora", () => {
  const link = (version: string, build: string, kind: string, arch = "x86_64") =>
    `https://download.fedoraproject.org/pub/fedora/linux/releases/${version}/Cloud/${arch}/images/Fedora-Cloud-Base-${kind}-${version}-${build}.${arch}.qcow2`;
  const entry = (version: string, more: object = {}) => ({
    version,
    arch: "x86_64",
    link: link(version, "1.1", "Generic"),
    variant: "Cloud",
    subvariant: "Cloud_Base",
    sha256: "f".repeat(64),
    size: "514850816",
    ...more,
  });
  const host = createFedoraHost("fedora", "https://fedora.example");
  const given = (entries: unknown) =>
    host.list(reading({ "https://fedora.example/releases.json": JSON.stringify(entries) }));

  test("gives the general image of each whole release, the newest first", async () => {
    const offers = await given([
      entry("41"),
      entry("42", { link: link("42", "1.1", "UEFI-UKI") }),
      entry("42"),
      entry("43 Beta"),
      entry("42", { arch: "aarch64" }),
      entry("42", { variant: "Server", subvariant: "Server" }),
      { odd: true },
    ]);
    expect(offers.map(({ names }) => names)).toEqual([
      ["fedora-42", "42", "fedora"],
      ["fedora-41", "41"],
    ]);
    expect(offers[0]).toMatchObject({
      title: "Fedora 42",
      version: "1.1",
      url: link("42", "1.1", "Generic"),
      bytes: 514_850_816,
    });
  });

  test.each([
    ["no list", {}],
    ["a list without clouds", [{ odd: true }]],
  ])("refuses %s", async (_what, entries) => {
    await expect(given(entries)).rejects.toMatchObject({ code: "image-listing-invalid" });
  });
});

describe("the hosts of a request", () => {
  const setting =
    (values: Record<string, string> = {}) =>
    (key: string) =>
      values[key] ?? (key === "images.hosts" ? "release daily debian fedora" : "");
  const places = (asked: string[], values?: Record<string, string>, mayReadFiles = true) =>
    hostsFor({ asked, setting: setting(values), mayReadFiles }).map(({ name, root: place }) => `${name} ${place}`);

  test("are those of the settings, after the caller's own", () => {
    expect(places(["lab=http://lab.example/tree/", "https://other.example:8443"])).toEqual([
      "lab http://lab.example/tree",
      "other.example-8443 https://other.example:8443",
      "release https://cloud-images.ubuntu.com/releases",
      "daily https://cloud-images.ubuntu.com/daily",
      "debian https://cloud.debian.org/images/cloud",
      "fedora https://fedoraproject.org",
    ]);
  });

  test("follow the mirrors, may be none, and a name is taken over by the first", () => {
    expect(places([], { "images.mirror": "http://mirror.example/", "images.hosts": "daily" })).toEqual([
      "daily http://mirror.example/daily",
    ]);
    expect(places([], { "images.hosts": "" })).toEqual([]);
    expect(places(["debian=http://lab.example"], { "images.hosts": "debian" })).toEqual(["debian http://lab.example"]);
  });

  test("files are read only for whom the daemon runs as", () => {
    expect(places(["file:///srv/images"], { "images.hosts": "" })).toEqual(["images file:///srv/images"]);
    expect(() => places(["file:///srv/images"], {}, false)).toThrow(
      expect.objectContaining({ code: "image-host-refused", exit: 4 }),
    );
  });

  test.each(["nonsense", "ftp://x", "http://user:secret@x", "lab=", "http://x/?token=1", "folder=http://x"])(
    "%j is none",
    (text) => {
      expect(() => parseHostList(text)).toThrow(expect.objectContaining({ code: "image-host-invalid" }));
      expect(() => parseHostList(text)).not.toThrow(
        expect.objectContaining({ message: expect.stringContaining("secret") }),
      );
    },
  );
});

test("versions are ordered as people count", () => {
  const versions = ["24.04", "9.10", "20240423", "20240423.1", "24.10"];
  expect(versions.sort(compareVersions)).toEqual(["9.10", "24.04", "24.10", "20240423", "20240423.1"]);
});
