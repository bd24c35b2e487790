/** The binary called multipass: launching, settings and zones, on a real guest. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { asMultipass, binary, createHome, guestMs, type Home, until, withoutImageHosts } from "./harness.ts";

let home: Home;
let multipass: Home["run"];
beforeAll(async () => {
  home = createHome();
  multipass = asMultipass(home);
  await withoutImageHosts(home);
});
afterAll(() => home.close(), 60_000);

const value = async (key: string): Promise<string> => (await multipass(["get", key])).stdout.trimEnd();
const powerOf = async (name: string): Promise<string> =>
  JSON.parse(await home.ok("info", name, "--json")).info[name].power;

test(
  "an image file becomes an instance, in the zone and with the sizes that were asked for",
  async () => {
    const images = join(dirname(binary), "images");
    const file = readdirSync(images, { recursive: true, encoding: "utf8" }).find((name) =>
      /tiny.*(img|qcow2)$/.test(name),
    );
    const words = ["launch", `file://${join(images, file ?? "")}`, "-nweb", "-m", "512M", "--zone=2", "-d6G"];
    const ran = await multipass(words);
    expect(ran.stderr).toBe("");
    expect(ran.stdout).toEndWith("Launched: web in zone2\n");
    expect(ran.stdout).toContain("Waiting for initialization to complete");
    expect(await value("local.web.memory")).toBe("512MiB");
    expect(await value("local.web.disk")).toBe("6GiB");
    expect(await multipass(["launch", "tiny", "-nweb"])).toMatchObject({
      code: 2,
      stderr: 'launch failed: instance "web" already exists\n',
    });
  },
  guestMs,
);

test(
  "a zone that is lost takes its instances' power; settings can be changed then, and what ran comes back with it",
  async () => {
    expect(await multipass(["set", "local.web.cpus=2"])).toMatchObject({
      code: 2,
      stderr:
        "set failed: Cannot update instance settings; instance: web; reason: Instance must be stopped for modification\n",
    });
    const lost = await multipass(["disable-zones", "zone2", "--force"]);
    expect(lost.stderr).toBe("");
    expect(lost.stdout).toEndWith("Zone disabled: zone2\n");
    expect(await powerOf("web")).toBe("off");
    const zones = JSON.parse((await multipass(["zones", "--format", "json"])).stdout);
    expect(zones.zone2).toEqual({ available: false, subnet: "10.77.0.0/16" });
    expect((await multipass(["launch", "tiny", "--zone", "zone2"])).stderr).toBe(
      "launch failed: Invalid arguments supplied\nUnavailable zone name supplied: zone2\n",
    );
    expect(await multipass(["set", "local.web.cpus=2"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await multipass(["set", "local.web.disk=7G"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await value("local.web.cpus")).toBe("2");
    expect(await value("local.web.disk")).toBe("7GiB");
    expect((await multipass(["enable-zones", "--all"])).stdout).toEndWith("All zones enabled\n");
    await until("web runs again", async () => (await powerOf("web")) === "running", guestMs);
  },
  guestMs,
);

test(
  "settings of the daemon are kept, and a passphrase can be checked and not read",
  async () => {
    for (const assignment of [
      "local.bridged-network=eth0",
      "local.privileged-mounts=no",
      "local.image.mirror=https://a.example",
    ])
      expect(await multipass(["set", assignment])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await value("local.bridged-network")).toBe("eth0");
    expect(await value("local.privileged-mounts")).toBe("false");
    expect(await value("local.image.mirror")).toBe("https://a.example/");
    expect((await multipass(["authenticate", "foo"])).stderr).toContain("No passphrase is set.");
    expect((await multipass(["set", "local.passphrase"], { stdin: "foo\nbar\n" })).stderr).toContain("do not match");
    expect((await multipass(["set", "local.passphrase"], { stdin: "foo\nfoo\n" })).code).toBe(0);
    expect(await value("local.passphrase")).toBe("true");
    expect((await multipass(["authenticate", "foo"])).code).toBe(0);
    expect(await multipass(["auth"], { stdin: "bar\n" })).toMatchObject({ code: 2 });
    expect((await multipass(["get", "--keys"])).stdout).toContain("local.web.bridged\n");
  },
  guestMs,
);

test(
  "images of the program's own folder are found, and enough to be ready; what is none is said to be",
  async () => {
    const found = JSON.parse((await multipass(["find", "--format", "json"])).stdout);
    expect(found.errors).toEqual([]);
    expect(Object.keys(found.images)).toContain("tiny");
    expect((await multipass(["wait-ready", "--timeout", "60"])).code).toBe(0);
    expect((await multipass(["launch", "deadbeef"])).stderr).toBe(
      'launch failed: Unable to find an image matching "deadbeef" in remote "".\n',
    );
    expect((await multipass(["launch", "core:22"])).stderr).toStartWith('launch failed: Remote "core" is unknown');
  },
  guestMs,
);

test(
  "a cloud-init text that is none ends the launch before it begins",
  async () => {
    const path = join(home.directory, "bad.yaml");
    writeFileSync(path, "- a\n- b\n");
    const ran = await multipass(["launch", "tiny", "--cloud-init", path]);
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toStartWith("Could not load cloud-init configuration: ");
    expect((await multipass(["launch", "tiny", "--cloud-init", "-"], { stdin: "- a\n" })).code).toBe(1);
  },
  guestMs,
);
