/** Host names as the host itself knows them. */
import { lookup } from "node:dns/promises";

/** IPv4 addresses of a name, as programs of the host see it; none when there are none, or nobody answers. */
export async function resolveHost(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, family: 4 }).catch(() => []);
  return found.map(({ address }) => address);
}
