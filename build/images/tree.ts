/** Fills the tiny guest's root tree: directories, programs with their libraries, busybox's applets, and our own files. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, realpathSync, statSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { librariesOf, type Loader } from "../libraries.ts";
import { inPackages } from "../packages.ts";
import { run } from "../tools.ts";

const directories =
  `dev etc/dropbear home mnt proc root run srv sys tmp usr/bin usr/sbin usr/lib/x86_64-linux-gnu usr/lib64
  usr/local/bin var/lib var/log`.split(/\s+/);

/** As in current distributions, everything lives below /usr and the old places point there. */
const links: readonly (readonly [path: string, target: string])[] = [
  ["bin", "usr/bin"],
  ["sbin", "usr/sbin"],
  ["lib", "usr/lib"],
  ["lib64", "usr/lib64"],
  ["etc/mtab", "/proc/mounts"],
  ["usr/lib/sftp-server", "openssh/sftp-server"],
];

/** Where a program stands in the guest; its package may have it with or without `usr/`. */
const programs =
  `usr/sbin/dropbear usr/bin/dropbearkey usr/bin/dropbearconvert usr/lib/openssh/sftp-server usr/bin/sshfs
  usr/sbin/qemu-ga usr/sbin/resize2fs usr/bin/fusermount3 usr/sbin/mount.fuse3 usr/bin/bash usr/bin/nohup`.split(/\s+/);

/** Applets that scripts and the guest agent look for in sbin; all others are linked in bin. */
const systemApplets = new Set(
  `acpid blkdiscard blockdev depmod fsfreeze fstrim getty halt hwclock ifconfig init insmod ip lsmod mkswap modprobe
  poweroff reboot rmmod route swapoff swapon switch_root sysctl udhcpc`.split(/\s+/),
);

export function fillTree(root: string, packages: string, loader: Loader, ownFiles: string): void {
  for (const directory of directories) mkdirSync(join(root, directory), { recursive: true });
  for (const [path, target] of links) symlinkSync(target, join(root, path));
  for (const program of programs) copyProgram(inPackages(packages, program), join(root, program));
  const found = librariesOf(
    programs.map((program) => inPackages(packages, program)),
    loader,
  );
  for (const [name, path] of found) copyFileSync(realpathSync(path), join(root, "usr/lib/x86_64-linux-gnu", name));
  copyFileSync(realpathSync(loader.path), join(root, "usr/lib64", basename(loader.path)));
  installBusybox(join(packages, "bin/busybox"), root);
  cpSync(ownFiles, root, { recursive: true });
  chmodSync(join(root, "tmp"), 0o1777);
  chmodSync(join(root, "root"), 0o700);
  chmodSync(join(root, "etc/shadow"), 0o600);
}

function copyProgram(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, statSync(from).mode & 0o7777);
}

/** The programs above and our own files win over applets of the same name. */
function installBusybox(busybox: string, root: string): void {
  copyProgram(busybox, join(root, "usr/bin/busybox"));
  // A set-uid copy for `sudo`: of its applets only su keeps the privilege.
  copyProgram(busybox, join(root, "usr/lib/tiny/su"));
  chmodSync(join(root, "usr/lib/tiny/su"), 0o4755);
  const taken = new Set(["su", "bash", ...["usr/bin", "usr/sbin"].flatMap((path) => readdirSync(join(root, path)))]);
  for (const applet of run([busybox, "--list"])
    .split("\n")
    .filter((name) => name !== "" && !taken.has(name))) {
    const isSystem = systemApplets.has(applet);
    symlinkSync(isSystem ? "../bin/busybox" : "busybox", join(root, isSystem ? "usr/sbin" : "usr/bin", applet));
    if (isSystem) symlinkSync("busybox", join(root, "usr/bin", applet));
  }
}
