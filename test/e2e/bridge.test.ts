/** Root's daemon on a host of its own (a network namespace): a real guest on a bridge, with a card on an interface, and a clean host afterwards. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { createHome, guestMs, type Home, startMounting } from "./harness.ts";

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);

/** Each step's output stands below its name. */
const steps = (tun: string) => `
set -e
mknod -m 666 ${tun} c 10 200; mount --bind ${tun} /dev/net/tun; mount -t sysfs sysfs /sys
ip link set lo up; ip link add ethx type veth peer name ethy; ip link set ethx up; ip link set ethy up
export PATH=$PROGRAM:$PATH
links() { ip -br link | awk '{ print $1 }' | sort | tr '\\n' ' '; echo; }
tables() { nft list tables | wc -l; }
echo "== before"; links; tables
strata networks -q
strata set network.default=bridge
echo "== asked"; strata launch tiny --name web --network ethx </dev/null || echo "exit $?"
strata launch tiny --name web --memory 256M --ip 10.77.0.9 --network name=ethx,mode=manual --yes
echo "== inside"; strata exec web -- sh -c 'ip -4 addr show eth0; cat /sys/class/net/eth1/address'
echo "== info"; strata info web --json; strata network list --json
echo "== cut"; strata network detach web; strata exec web -- true || echo "exit $?"
strata network attach web; strata wait web --for ready; strata exec web -- echo back
strata stop web --force; strata set networks.bridged=ethx; strata set local.web.bridged=false
strata delete --purge web; strata daemon stop
echo "== after"; links; tables
`;

test.skipIf(process.getuid?.() !== 0)(
  "a bridge is made when it is asked for, and goes with the last instance",
  async () => {
    const program = join(import.meta.dir, "../../dist");
    const script = steps(join(home.directory, "tun")).replace("$PROGRAM", program);
    const child = startMounting(home, `unshare -n sh -c '${script.replaceAll("'", `'"'"'`)}'`);
    const text = await new Response(child.stdout).text();
    const part = (name: string): string => new RegExp(`== ${name}\n([^]*?)(?:== |$)`).exec(text)?.[1] ?? text;
    expect(part("before")).toContain("ethx@ethy");
    expect(part("asked")).toContain("[confirmation-needed]");
    expect(part("inside")).toMatch(/inet 10\.77\.0\.9\/16[^]*52:54:00/);
    expect(part("info")).toContain('"attachment": "bridge"');
    expect(part("cut")).toMatch(/\[instance-detached\][^]*exit 125[^]*back/);
    expect(part("after").split("\n").slice(0, 2)).toEqual(part("before").split("\n").slice(0, 2));
  },
  3 * guestMs,
);
