/** What a bare machine lacks and how to get it, as pure rules over facts; `bootstrap.mjs` finds the facts and acts. */

/**
 * Programs and the packages that bring them. A tool is there when a file in PATH or one of `files` is.
 * `for` names the roles that need it; an optional one is installed only where the distribution has it, and one for users
 * only where it is not root who builds.
 */
export const tools = [
  {
    name: "qemu-system-x86_64",
    package: "qemu-system-x86",
    for: ["start", "test"],
    why: "runs the guests, and goes into the executable",
  },
  { name: "qemu-img", package: "qemu-utils", for: ["start", "test"], why: "makes disks, and goes into the executable" },
  {
    name: "debugfs",
    package: "e2fsprogs",
    files: ["/usr/sbin/debugfs", "/sbin/debugfs"],
    for: ["start", "test"],
    why: "reads the files of frozen disks, and goes into the executable",
  },
  {
    name: "virtiofsd",
    package: "virtiofsd",
    files: ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"],
    isOptional: true,
    for: ["start", "test"],
    why: "shares folders with guests; a package of its own in newer releases",
  },
  { name: "mmdebstrap", package: "mmdebstrap", for: ["start", "test"], why: "makes the Debian image" },
  {
    name: "newuidmap",
    package: "uidmap",
    for: ["start", "test"],
    isForUsers: true,
    why: "lets mmdebstrap work without root",
  },
  {
    name: "ssh",
    package: "openssh-client",
    for: ["test"],
    why: "the other end of tests, and the yardstick of measurements",
  },
  {
    name: "ip",
    package: "iproute2",
    files: ["/usr/sbin/ip", "/sbin/ip"],
    for: ["test"],
    why: "makes the links of a bridge",
  },
  {
    name: "nft",
    package: "nftables",
    files: ["/usr/sbin/nft", "/sbin/nft"],
    for: ["test"],
    why: "keeps the rules of a bridge",
  },
  {
    name: "dnsmasq",
    package: "dnsmasq-base",
    files: ["/usr/sbin/dnsmasq", "/sbin/dnsmasq"],
    for: ["test"],
    why: "gives the guests on a bridge addresses and names",
  },
  { name: "mount", package: "mount", for: ["test"], why: "shows a chroot its own /proc" },
  { name: "sshfs", package: "sshfs", for: ["test"], why: "mounts what is served to guests, as a guest does" },
  {
    name: "sftp-server",
    package: "openssh-sftp-server",
    files: ["/usr/lib/openssh/sftp-server"],
    for: ["test"],
    why: "is the yardstick of what serves mounts",
  },
  { name: "stress-ng", package: "stress-ng", for: ["test"], why: "checks mounts as a file system" },
  { name: "fio", package: "fio", for: ["test"], why: "checks what mounts give back" },
  { name: "python3", package: "python3", for: ["test"], why: "gives tests a real terminal" },
  {
    name: "chromium",
    package: "chromium",
    isOptional: true,
    for: ["test"],
    why: "tests the window as a user sees it; they are left out, and say so, where the distribution has none",
  },
  { name: "xz", package: "xz-utils", for: ["test"], why: "compresses images for tests" },
];

/** The tools that `role`, played by the user `uid`, needs and that `isThere` does not find. */
export function missingTools(role, uid, isThere, all = tools) {
  return all.filter((tool) => tool.for.includes(role) && (uid !== 0 || !tool.isForUsers) && !isThere(tool));
}

/** How to run a command as root: directly, through sudo when it asks for no password, or not at all. */
export function rootPrefix(uid, canSudo) {
  if (uid === 0) return [];
  return canSudo ? ["sudo", "-n"] : undefined;
}

/** The command that installs packages, as a list of words. */
export const installCommand = (packages) => ["apt-get", "install", "--yes", "--no-install-recommends", ...packages];

/** One sentence for what cannot be installed here: names the tools, and the command that would. */
export function sentenceFor(missing, hasApt) {
  const names = missing.map((tool) => tool.name).join(", ");
  const packages = missing.map((tool) => tool.package).join(" ");
  const verb = missing.length === 1 ? "is" : "are";
  if (!hasApt)
    return `error: ${names} ${verb} missing, and this system has no apt-get: install what Debian calls ${packages}`;
  return `error: ${names} ${verb} missing and could not be installed; run: sudo apt-get install --no-install-recommends ${packages}`;
}

/** Major version of `v20.1.2`. */
export const majorOf = (version) => Number(/^v?(\d+)/.exec(version)?.[1] ?? 0);

/** Names of all packages that a package.json asks for. */
export const dependenciesOf = (manifest) => Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });

/** apt knows packages only when some list of them was fetched. */
export const hasPackageLists = (names) => names.some((name) => /_Packages(\.\w+)?$/.test(name));
