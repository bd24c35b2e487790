/** What makes a running guest another one: scripts for its agent, run while it has no network, and when it has one again. */
import { assert } from "../errors.ts";
import { parseName } from "../model/name.ts";
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

/** Chance that was mixed in counts at once: the ioctl RNDRESEEDCRNG, by whatever can make one; without any, within a minute. */
const reseed = `perl -e 'open(F,">","/dev/urandom") && ioctl(F,0x5207,0)' 2>/dev/null ||
python3 -c 'import fcntl; fcntl.ioctl(open("/dev/urandom","wb"),0x5207)' 2>/dev/null || :`;

/** The card's driver lets go of it, so that it comes back as a new card with its own address, and nothing is sent until then. */
const cardAway = `for device in /sys/bus/virtio/drivers/virtio_net/virtio*; do
if [ -e "$device" ]; then
cat "$device"/net/*/address >/run/strata/mac
echo "\${device##*/}" >/sys/bus/virtio/drivers/virtio_net/unbind
fi
done`;

const cardBack = `for device in /sys/bus/virtio/devices/*; do
read -r kind <"$device/device"
if [ "$kind" = 0x0001 ] && [ ! -e "$device/driver" ]; then
echo "\${device##*/}" >/sys/bus/virtio/drivers/virtio_net/bind
fi
done`;

const names = `printf '%s\n' "$MACHINE" >/etc/machine-id
if [ -f /var/lib/dbus/machine-id ] && [ ! -L /var/lib/dbus/machine-id ]; then printf '%s\n' "$MACHINE" >/var/lib/dbus/machine-id; fi
printf '%s\n' "$NAME" >/etc/hostname
printf '%s' "$NAME" >/proc/sys/kernel/hostname
sed -i "s/^127\\.0\\.1\\.1[[:space:]].*/127.0.1.1 $NAME/" /etc/hosts`;

/** Nothing of cloud-init is owed again: what it did counts for the new instance. */
const cloudInit = `cloud=/var/lib/cloud
if [ -L $cloud/instance ]; then
if [ ! -d "$cloud/instances/$INSTANCE" ]; then mv "$(readlink -f $cloud/instance)" "$cloud/instances/$INSTANCE"; fi
ln -sfn "$cloud/instances/$INSTANCE" $cloud/instance
for file in $cloud/data/instance-id $cloud/data/previous-instance-id /run/cloud-init/.instance-id; do
if [ -e "$file" ]; then printf '%s\n' "$INSTANCE" >"$file"; fi
done
fi`;

const hostKeys = `if [ -d /etc/ssh ]; then
rm -f /etc/ssh/ssh_host_*
cp /run/strata/host-key /etc/ssh/ssh_host_ed25519_key
cp /run/strata/host-key.pub /etc/ssh/ssh_host_ed25519_key.pub
chmod 600 /etc/ssh/ssh_host_ed25519_key
if [ -e /run/sshd.pid ]; then kill -HUP "$(cat /run/sshd.pid)"; fi
fi`;

/** Configuration that knows the card by its address means the new one. */
const networkFiles = `if [ -e /run/strata/mac ]; then
grep -lis -- "$(cat /run/strata/mac)" /etc/netplan/* /etc/systemd/network/* /run/systemd/network/* /etc/network/interfaces.d/* \
/etc/NetworkManager/system-connections/* /run/NetworkManager/system-connections/* /etc/udev/rules.d/*net* | while read -r file; do
sed -i "s/$(cat /run/strata/mac)/$MAC/Ig" "$file"
done
fi
if [ -d /run/systemd/netif ]; then networkctl reload; fi
if [ -d /run/NetworkManager ]; then nmcli connection reload; fi`;

const waitForAddress = `tries=400
until ip -4 -o addr | grep -qF " $ADDRESS/"; do
tries=$((tries - 1))
if [ $tries = 0 ]; then echo "no address $ADDRESS within 20 s" >&2; exit 1; fi
sleep 0.05
done`;

const lines = (...parts: readonly string[]): string => [...parts, ""].join("\n");

const callHook = (when: "before" | "after") => `if [ -x ${hook} ]; then ${hook} ${when}; fi`;

/** The scripts `before` and `after` the guest is connected; both may run again, and the first holds the private host key. */
export function becomeOther(facts: IdentityFacts): { readonly before: string; readonly after: string } {
  const { instanceId, hostname, mac, address, hostKey, chance, nowMs } = facts;
  parseName(hostname);
  assert(
    /^[0-9a-f-]{36}$/.test(instanceId) && /^[0-9.]+$/.test(address) && /^[0-9a-f:]+$/.test(mac),
    "words of a script need no quotes",
  );
  const words = `set -eu
export NAME=${hostname} INSTANCE=${instanceId} MACHINE=${instanceId.replaceAll("-", "")} MAC=${mac} ADDRESS=${address}`;
  const key = `mkdir -p -m 700 /run/strata
umask 077
cat >/run/strata/host-key <<'END'
${hostKey.privateKey.trimEnd()}
END
umask 022
printf '%s\n' '${hostKey.publicKey}' >/run/strata/host-key.pub`;
  const clock = `date -u -s @${Math.round(nowMs / 1000)} >/dev/null || :`;
  const mix = `printf '%s' ${chance} >/dev/urandom`;
  return {
    before: lines(
      words,
      key,
      cardAway,
      clock,
      mix,
      reseed,
      names,
      cloudInit,
      hostKeys,
      networkFiles,
      callHook("before"),
    ),
    after: lines(words, cardBack, callHook("after"), waitForAddress, "rm -f /run/strata/host-key*"),
  };
}
