/** What a guest is asked to do for a classic mount: POSIX shell scripts that run as root, and what they say. */

/** On standard error: `strata-note: TEXT`, `strata-fault: CODE TEXT`, and `strata-mounted` once it is there. */
export const notePrefix = "strata-note: ";
export const faultPrefix = "strata-fault: ";
export const mountedLine = "strata-mounted";
/** On standard output, before the protocol's own bytes: `strata-ids UID GID` of the login user. */
export const idsPrefix = "strata-ids ";

/** As /proc/mounts has a path (fs/proc_namespace.c): four characters in octal. */
export const inMountTable = (path: string): string =>
  path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);

/** Seconds that a package manager may take, and that it waits for another one. */
const installSeconds = 240;
const lockSeconds = 60;

/** Where the guest's package manager has sshfs. Its output goes to a file, whose last line tells why it failed. */
const install = `command -v sshfs >/dev/null 2>&1 || {
  limit=; command -v timeout >/dev/null 2>&1 && limit="timeout ${installSeconds}"
  export DEBIAN_FRONTEND=noninteractive
  if command -v apt-get >/dev/null 2>&1; then
    command="apt-get -qq -o DPkg::Lock::Timeout=${lockSeconds} install -y --no-install-recommends sshfs"; lists="apt-get -qq update"
  elif command -v dnf >/dev/null 2>&1; then command="dnf -q -y install fuse-sshfs"; lists=:
  elif command -v apk >/dev/null 2>&1; then command="apk -q add sshfs"; lists="apk -q update"
  elif command -v zypper >/dev/null 2>&1; then command="zypper -q -n install sshfs"; lists=:
  else fail mount-unsupported "the guest has no sshfs, and no package manager that strata knows"
  fi
  say "sshfs is missing in the guest; installing it: \${command%% *}"
  out=$(mktemp)
  for step in "$command" "$lists" "$command"; do
    $limit $step </dev/null >"$out" 2>&1
    command -v sshfs >/dev/null 2>&1 && break
  done
  last=$(tail -n 1 "$out"); rm -f "$out"
  command -v sshfs >/dev/null 2>&1 || fail mount-unsupported "the guest has no sshfs, and it could not be installed with \${command%% *}: $last"
}`;

/** What an earlier connection left: its requests are ended first, since whoever waits for one of them holds it. */
const clearStale = `while read -r _ where type _; do
  [ "$where" = "$shown" ] || continue
  case $type in
  fuse.sshfs) umount -f "$target" 2>/dev/null; umount -l "$target" 2>/dev/null ;;
  *) fail mount-failed "something else is mounted at $target in the guest ($type)" ;;
  esac
done </proc/mounts`;

/** Of an unmount that something in the guest holds up. */
export const busyExit = 16;

/** With `uid` and `gid` set, `make PATH` makes a folder of that user, and those above it that are missing. */
export const makeFolders = `make() {
  [ -d "$1" ] && return
  [ -n "$1" ] && make "\${1%/*}" && mkdir "$1" && chown "$uid:$gid" "$1"
}`;

const makeTarget = `uid=$(id -u "$user") && gid=$(id -g "$user") || fail mount-failed "the guest has no user $user"
${makeFolders}
make "$target" 2>/dev/null
[ -d "$target" ] || fail mount-failed "$target cannot be made in the guest"
real=$(cd -P -- "$target" && pwd -P) || fail mount-failed "$target cannot be entered in the guest"
[ "$real" = "$target" ] || shown=$(printf %s "$real" | sed 's/\\\\/\\\\134/g; s/ /\\\\040/g')`;

/**
 * sshfs answers for its own version what it knows. What it keeps is old after a second, so that what changes on the host is seen;
 * links are shown as they are.
 */
const options = `help=$(sshfs -h </dev/null 2>&1)
o="allow_other,default_permissions,attr_timeout=1,entry_timeout=1\${more:+,$more}"
case $help in *passive*) o=$o,passive ;; *) o=$o,slave ;; esac
case $help in *dcache_timeout*) o=$o,dcache_timeout=1 ;; *) o=$o,cache_timeout=1 ;; esac
case $help in *no_contain_symlinks*) o=$o,no_contain_symlinks ;; esac
case $help in *nonempty*) o=$o,nonempty ;; esac`;

/** Says when it is there; ends with sshfs, which takes the shell's place. */
const watch = `(
  while kill -0 $$ 2>/dev/null; do
    while read -r _ where type _; do
      [ "$where" = "$shown" ] && [ "$type" = fuse.sshfs ] && { echo ${mountedLine} >&2; exit; }
    done </proc/mounts
    sleep 0.2
  done
) </dev/null >/dev/null &`;

const mountScript = `user=$2 target=$3 shown=$4 more=$5
say() { printf '${notePrefix}%s\\n' "$1" >&2; }
fail() { printf '${faultPrefix}%s %s\\n' "$1" "$2" >&2; exit 1; }
${clearStale}
[ -e /dev/fuse ] || modprobe fuse 2>/dev/null
[ -e /dev/fuse ] || fail mount-unsupported "the guest's kernel has no FUSE"
${install}
${makeTarget}
${options}
${watch}
printf '${idsPrefix}%s %s\\n' "$uid" "$gid"
exec sshfs :/ "$target" -f -o "$o"`;

/** Who holds it: `PID NAME` a line, of those that have their folder, root, program or an open file there; some more than once. */
const unmountScript = `target=$2 force=$3
[ "$force" = yes ] && umount -f "$target" 2>/dev/null && exit 0
why=$(umount "$target" 2>&1) && exit 0
[ "$force" = yes ] && umount -l "$target" && exit 0
grep -qF " $4 fuse.sshfs " /proc/mounts || exit 0
cd /proc && ls -ld [0-9]*/cwd [0-9]*/root [0-9]*/exe [0-9]*/fd/* 2>/dev/null | while read -r line; do
  case $line in
  *" -> $target" | *" -> $target/"*)
    pid=\${line%%/*} pid=\${pid##* }
    read -r name <"$pid/comm" && printf '%s %s\\n' "$pid" "$name" ;;
  esac
done
printf '%s\\n' "$why" >&2
exit ${busyExit}`;

/** A session that runs a script as root. */
export interface RootScript {
  readonly words: string[];
  /** The script, which is to be its first input: a list of processes and a log of sudo are no place for it. */
  readonly input: Uint8Array;
}

export function asRoot(user: string, script: string, ...words: readonly string[]): RootScript {
  const input = new TextEncoder().encode(script);
  const reader = ["sh", "-c", 'eval "$(head -c "$1")"', "strata", String(input.length), ...words];
  return { words: user === "root" ? reader : ["sudo", "-n", ...reader], input };
}

export const mountSession = (user: string, target: string, isReadOnly: boolean): RootScript =>
  asRoot(user, mountScript, user, target, inMountTable(target), isReadOnly ? "ro" : "");

export const unmountSession = (user: string, target: string, force: boolean): RootScript =>
  asRoot(user, unmountScript, target, force ? "yes" : "no", inMountTable(target));

/** What to type in a guest that could not be given sshfs. */
export const installHint = (instance: string): string => `strata exec ${instance} -- sudo apt-get install sshfs`;
