/** A storage folder in Multipass's form, for tests: made with qemu-img, and compared byte by byte afterwards. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../../src/sys/hash.ts";

/** An entry of `multipassd-vm-instances.json` as Multipass writes it. */
export const entry = (more: object = {}) => ({
  num_cores: 1,
  mem_size: "268435456",
  disk_space: "5368709120",
  ssh_username: "ubuntu",
  state: 1,
  deleted: false,
  metadata: { machine_type: "pc-i440fx-8.0", arguments: [], mount_data: {} },
  mac_addr: "52:54:00:aa:bb:01",
  extra_interfaces: [],
  mounts: [],
  clone_count: 0,
  zone: "zone1",
  ...more,
});

/** A record of `multipassd-instance-image-records.json`; its path is where the storage was when it was written. */
export const imageRecord = (name: string, file = "disk.img", more: object = {}) => ({
  image: {
    path: `/var/snap/multipass/common/data/multipassd/vault/instances/${name}/${file}`,
    id: "f".repeat(64),
    original_release: "24.04 LTS",
    current_release: "",
    release_date: "20240423",
    os: "Ubuntu",
    aliases: [],
    ...more,
  },
  query: { release: "noble", persistent: false, remote_name: "", query_type: 0 },
  last_accessed: 1_714_000_000_000_000_000,
});

export const snapshotRecord = (index: number, name: string, parent: number, more: object = {}) => ({
  snapshot: {
    name,
    comment: `comment of ${name}`,
    parent,
    cloud_init_instance_id: "web",
    index,
    creation_timestamp: `2024-05-0${index}T10:00:00.000Z`,
    num_cores: 1,
    mem_size: "268435456",
    disk_space: "5368709120",
    extra_interfaces: [],
    state: 0,
    mounts: [],
    metadata: {},
    ...more,
  },
});

export function qemuImg(...words: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["qemu-img", ...words]);
  if (exitCode !== 0) throw new Error(`qemu-img ${words.join(" ")}: ${stderr}`);
}

export function createStorage(directory: string) {
  const instances: Record<string, unknown> = {};
  const images: Record<string, unknown> = {};
  const folder = (name: string) => join(directory, "vault/instances", name);
  const json = (path: string, value: unknown) => writeFileSync(join(directory, path), JSON.stringify(value));
  const save = () => {
    json("multipassd-vm-instances.json", instances);
    json("vault/multipassd-instance-image-records.json", images);
  };
  mkdirSync(join(directory, "vault/instances"), { recursive: true });
  save();
  return {
    directory,
    folder,
    disk: (name: string) => join(folder(name), "disk.img"),
    /** An instance with an empty disk of 8 MiB; `disk: false`: without. */
    add(name: string, more: object = {}, options: { file?: string; disk?: boolean } = {}): void {
      const { file = "disk.img", disk = true } = options;
      instances[name] = entry(more);
      images[name] = imageRecord(name, file);
      mkdirSync(folder(name), { recursive: true });
      if (disk) qemuImg("create", "-q", "-f", "qcow2", join(folder(name), file), "8M");
      save();
    },
    setInstance(name: string, value: unknown): void {
      instances[name] = value;
      save();
    },
    setImage(name: string, value: unknown): void {
      images[name] = value;
      save();
    },
    /** Only the file about it, or with the snapshot inside the disk. */
    snapshot(name: string, index: number, called: string, parent: number, options: { isInside?: boolean } = {}): void {
      if (options.isInside ?? true) qemuImg("snapshot", "-c", `@s${index}`, join(folder(name), "disk.img"));
      const file = `${String(index).padStart(4, "0")}.snapshot.json`;
      writeFileSync(join(folder(name), file), JSON.stringify(snapshotRecord(index, called, parent)));
      this.setHead(name, index);
    },
    setHead(name: string, index: number): void {
      for (const file of ["snapshot-head", "snapshot-count"]) writeFileSync(join(folder(name), file), String(index));
    },
  };
}

/** Every file below with its digest and when it was last changed, so that any touch is found. */
export function fingerprint(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true }) as string[];
  return names.sort().map((name) => {
    const path = join(directory, name);
    const status = statSync(path);
    const content = status.isFile() ? sha256Hex(readFileSync(path)) : "folder";
    return `${name} ${content} ${status.mtimeMs} ${status.ctimeMs} ${status.mode}`;
  });
}
