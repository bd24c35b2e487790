/** What a guest is asked to do for a native mount: POSIX shell scripts that run as root. A mount is known by its device's tag. */
import { asRoot, busyExit, makeFolders, type RootScript } from "./mount-scripts.ts";

const isMounted = 'grep -q "^$tag .* virtiofs " /proc/mounts';

/** Prints the login user's uid and gid, whether its kernel knows virtiofs, and whether the tag is mounted: four lines. */
const askScript = `user=$2 tag=$3
id -u "$user" && id -g "$user" || exit 1
grep -qw virtiofs /proc/filesystems || modprobe virtiofs 2>/dev/null
if grep -qw virtiofs /proc/filesystems; then echo yes; else echo no; fi
if ${isMounted}; then echo yes; else echo no; fi`;

/** The device has just been plugged in, so the kernel may not have found it yet: tried for ten seconds. */
const mountScript = `user=$2 target=$3 tag=$4 options=$5
${isMounted} && exit 0
uid=$(id -u "$user") gid=$(id -g "$user")
${makeFolders}
make "$target" || exit 1
tries=0
until why=$(mount -t virtiofs -o "$options" "$tag" "$target" 2>&1); do
  tries=$((tries + 1))
  [ $tries -lt 50 ] || { printf '%s\\n' "$why" >&2; exit 1; }
  sleep 0.2
done`;

/** Who holds it: \`PID NAME\` a line, of those that have their folder, root, program or an open file there. */
const unmountScript = `target=$2 tag=$3 force=$4
${isMounted} || exit 0
why=$(umount "$target" 2>&1) && exit 0
[ "$force" = yes ] && umount -l "$target" && exit 0
ls -ln /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd/* 2>/dev/null | while read -r line; do
  case $line in
  *" -> $target" | *" -> $target/"*)
    process=\${line#*/proc/} process=\${process%%/*}
    case " $seen " in *" $process "*) continue ;; esac
    seen="$seen $process"
    printf '%s %s\\n' "$process" "$(cat "/proc/$process/comm")" ;;
  esac
done
printf '%s\\n' "$why" >&2
exit ${busyExit}`;

/**
 * Its server is gone: `quiet` when nobody waits for that, so that the kernel lets go of the device. Who waits does so until the guest
 * stops, and the device stays as long (the kernel neither counts nor ends requests of virtiofs for us, so waiting tasks are looked for);
 * the mount is taken from the tree by a process that may have to wait too.
 */
const leaveScript = `target=$2 tag=$3
if grep -qs request_wait_answer /proc/[0-9]*/task/[0-9]*/wchan; then
  umount -l "$target" </dev/null >/dev/null 2>&1 &
  for _ in 1 2 3 4 5 6 7 8 9 10; do ${isMounted} || break; sleep 0.2; done
  echo stuck
else echo quiet
fi`;

export const askSession = (user: string, tag: string): RootScript => asRoot(user, askScript, user, tag);

export const nativeMountSession = (user: string, target: string, tag: string, isReadOnly: boolean): RootScript =>
  asRoot(user, mountScript, user, target, tag, isReadOnly ? "ro" : "rw");

export const nativeUnmountSession = (user: string, target: string, tag: string, force: boolean): RootScript =>
  asRoot(user, unmountScript, target, tag, force ? "yes" : "no");

export const leaveSession = (user: string, target: string, tag: string): RootScript =>
  asRoot(user, leaveScript, target, tag);
