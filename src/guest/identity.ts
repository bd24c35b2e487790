/** What makes a running guest another one: scripts for its agent, run while it has no network, and when it has one again. */
import { assert } from "../errors.ts";
import { parseName } from "../model/name.ts";
import { mixIn } from "./chores.ts";
import type { KeyPair } from "./keys.ts";

export interface IdentityFacts {
  /** The instance's immutable id: cloud-init's instance id, and without its dashes the machine id. */
  readonly instanceId: string;
  readonly hostname: string;
  /** Of its network card. */
  readonly mac: string;
  /** Given by DHCP; it is waited for. */
  readonly address: string;
  readonly hostKey: KeyPair;
  /** Chance of the host's, as text without quotes. */
  readonly chance: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** An image that is not like others brings this program along; it is called with `before` or `after`, and the words below in its environment. */
const hook = "/usr/lib/strata/identity";
const callHook = (when: "before" | "after") => `if [ -x ${hook} ]; then ${hook} ${when}; fi`;

/** The card's driver lets go of it, so that it comes back as a new card with its own address, and nothing is sent until then. */
const cardAway = `for device in /sys/bus/virtio/drivers/virtio_net/virtio*; do
if [ -e "$device" ]; then
for file in "$device"/net/*/address; do read -r old <"$file"; echo "$old" >/run/strata/mac; done
echo "\${device##*/}" >/sys/bus/virtio/drivers/virtio_net/unbind
fi
done`;

const cardBack = `for device in /sys/bus/virtio/devices/*; do
read -r kind <"$device/device"
if [ "$kind" = 0x0001 ] && [ ! -e "$device/driver" ]; then
echo "\${device##*/}" >/sys/bus/virtio/drivers/virtio_net/bind
fi
done`;

/** Here as below, words of the shell's own where they do: each program costs an emulated guest some hundredths of a second. */
const names = `echo "$MACHINE" >/etc/machine-id
if [ -f /var/lib/dbus/machine-id ] && [ ! -L /var/lib/dbus/machine-id ]; then echo "$MACHINE" >/var/lib/dbus/machine-id; fi
echo "$NAME" >/etc/hostname
echo "$NAME" >/proc/sys/kernel/hostname
hosts=
while IFS= read -r line; do
case $line in 127.0.1.1*) line="127.0.1.1 $NAME" ;; esac
hosts="$hosts$line
"
done </etc/hosts
printf %s "$hosts" >/etc/hosts`;

/** Nothing of cloud-init is owed again: what it did counts for the new instance. */
const cloudInit = `cloud=/var/lib/cloud
if [ -L $cloud/instance ]; then
if [ ! -d "$cloud/instances/$INSTANCE" ]; then mv "$(readlink -f $cloud/instance)" "$cloud/instances/$INSTANCE"; fi
ln -sfn "$cloud/instances/$INSTANCE" $cloud/instance
for file in $cloud/data/instance-id $cloud/data/previous-instance-id /run/cloud-init/.instance-id; do
if [ -e "$file" ]; then echo "$INSTANCE" >"$file"; fi
done
fi`;

const hostKeys = `if [ -d /etc/ssh ]; then
rm -f /etc/ssh/ssh_host_*
cp /run/strata/host-key /etc/ssh/ssh_host_ed25519_key
cp /run/strata/host-key.pub /etc/ssh/ssh_host_ed25519_key.pub
if [ -e /run/sshd.pid ]; then read -r pid </run/sshd.pid; kill -HUP "$pid"; fi
fi`;

/** Configuration that knows the card by its address means the new one. */
const networkFiles = `if [ -e /run/strata/mac ] && { [ -d /etc/systemd ] || [ -d /etc/network ]; }; then
read -r old </run/strata/mac
for file in $(grep -lis -- "$old" /etc/netplan/* /etc/systemd/network/* /run/systemd/network/* /etc/network/interfaces.d/* \
/etc/NetworkManager/system-connections/* /run/NetworkManager/system-connections/* /etc/udev/rules.d/*net*); do
sed -i "s/$old/$MAC/Ig" "$file"
done
if [ -d /run/systemd/netif ]; then networkctl reload; fi
if [ -d /run/NetworkManager ]; then nmcli connection reload; fi
fi`;

const waitForAddress = `tries=200
until ip -4 -o addr | grep -qF " $ADDRESS/"; do
tries=$((tries - 1))
if [ $tries = 0 ]; then echo "it has no address $ADDRESS after 20 s" >&2; exit 1; fi
sleep 0.1
done`;

const lines = (...parts: readonly string[]): string => [...parts, ""].join("\n");

/** The scripts `before` and `after` the guest is connected; both may run again, and the first holds the private host key. */
export function becomeOther(facts: IdentityFacts): { readonly before: string; readonly after: string } {
  const { instanceId, hostname, mac, address, hostKey, chance, nowMs } = facts;
  parseName(hostname);
  assert(
    [instanceId, mac, address, chance].every((word) => /^[0-9a-f.:-]+$/.test(word)),
    "such words need no quotes",
  );
  const words = `set -eu
export NAME=${hostname} INSTANCE=${instanceId} MACHINE=${instanceId.replaceAll("-", "")} MAC=${mac} ADDRESS=${address}`;
  const key = `[ -d /run/strata ] || mkdir -m 700 /run/strata
umask 077
echo '${hostKey.privateKey.trimEnd()}' >/run/strata/host-key
umask 022
echo '${hostKey.publicKey}' >/run/strata/host-key.pub`;
  const clock = `date -u -s @${Math.round(nowMs / 1000)} >/dev/null || :`;
  const become = [names, cloudInit, hostKeys, networkFiles, callHook("before")];
  return {
    before: lines(words, key, cardAway, clock, mixIn(chance), ...become),
    after: lines(words, cardBack, callHook("after"), waitForAddress, "rm -f /run/strata/host-key*"),
  };
}
