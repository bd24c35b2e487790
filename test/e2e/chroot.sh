#!/bin/sh
# Runs inside a mount and a process namespace of its own (see chroot.test.ts), so that nothing it mounts or starts is left.
# Words: the chroot's directory, the executable, the image.
set -eu
root=$1 executable=$2 image=$3
chmod 755 "$root"
place() {
  mkdir -p "$(dirname "$root/$2")"
  : >"$root/$2"
  mount --bind "$1" "$root/$2"
}
place "$executable" strata
place "$image" images/tiny.qcow2
mkdir -p "$root/dev" "$root/proc" "$root/tmp"
chmod 1777 "$root/tmp"
for node in null zero urandom tty; do place "/dev/$node" "dev/$node"; done
mount -t proc proc "$root/proc"

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin STRATA_HOME=/tmp/home NO_COLOR=1 chroot --userspec=65534:65534 "$root" /strata "$@"; }
inside launch tiny --name t
inside exec t -- echo hi
inside info t
inside delete t
inside daemon stop
