/** Makes Debian's root tree with mmdebstrap: as root, or in a user namespace of one's own. */
import { join } from "node:path";
import { mirrorLines } from "../../packages.ts";
import { run, runAside } from "../../tools.ts";

/** Copied into the empty tree before any package is there: the kernel's package reads its settings when it is installed. */
const ownFiles = join(import.meta.dir, "root");

const suite = "bookworm";

const packages = `linux-image-cloud-amd64 initramfs-tools lz4 kmod udev
  systemd systemd-sysv systemd-resolved systemd-timesyncd libpam-systemd dbus
  cloud-init cloud-guest-utils fdisk e2fsprogs util-linux-extra qemu-guest-agent
  openssh-server sudo sshfs ca-certificates iproute2 iputils-ping netbase procps less vim-tiny`.split(/\s+/);

/** As in containers: documentation and translations are a third of the bytes, and seldom read there. */
const dpkgOptions = [
  "force-unsafe-io",
  ...["man", "locale", "doc"].map((name) => `path-exclude=/usr/share/${name}/*`),
  "path-include=/usr/share/doc/*/copyright",
];

const sources = `deb http://deb.debian.org/debian ${suite} main
deb http://deb.debian.org/debian ${suite}-updates main
deb http://deb.debian.org/debian-security ${suite}-security main
`;

/** Work for which a small machine has no use, some of it in the first minute of its life. */
const masked = `e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer
  getty@tty1.service`.split(/\s+/);

/** Shell commands that run beside the tree ("$1") when all packages are installed. */
const finishing = [
  `chroot "$1" systemctl --quiet enable systemd-networkd.service ssh.service`,
  `chroot "$1" systemctl --quiet mask ${masked.join(" ")}`,
  // What belongs to one machine, or to the making of this tree.
  `rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$1"/etc/apt/apt.conf.d/99mmdebstrap`,
  `printf '%s' '${sources}' >"$1"/etc/apt/sources.list`,
];

/** With modes that do not depend on the umask under which the repository was checked out. */
const copyOwnFiles = `cp -R --preserve=mode ${ownFiles}/. "$1" && chmod -R go=u-w "$1"/boot "$1"/etc "$1"/usr`;

export const isRoot = process.getuid?.() === 0;

/** Words before a command that shall see the tree's files as root does. */
export const asOwner: readonly string[] = isRoot ? [] : ["mmdebstrap", "--unshare-helper"];

/** Makes the tree in `directory`, from Debian's archives or this machine's own mirrors of them. */
export async function makeTree(directory: string): Promise<void> {
  await runAside([
    "mmdebstrap",
    "--quiet",
    `--mode=${isRoot ? "root" : "unshare"}`,
    "--variant=apt",
    `--include=${packages.join(",")}`,
    `--aptopt=APT::Install-Recommends "false"`,
    ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
    `--setup-hook=${copyOwnFiles}`,
    ...finishing.map((command) => `--customize-hook=${command}`),
    suite,
    directory,
    ...mirrorLines(suite),
  ]);
}

export function removeTree(directory: string): void {
  run([...asOwner, "rm", "-rf", directory]);
}
