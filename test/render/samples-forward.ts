/** Instances with forwarded ports, and what an SSH client is told of them. */
import type { InstanceView } from "../../src/model/view.ts";
import type { SshPlaces } from "../../src/render/ssh-config.ts";
import { web } from "./samples.ts";

const port = { protocol: "tcp", bind: "127.0.0.1" } as const;
const failure = {
  code: "port-taken",
  reason: "port 5432/tcp is taken by postgres, pid 812",
  at: "2026-11-20T14:06:00.000Z",
};

export const forwarded: readonly InstanceView[] = [
  {
    ...web,
    forwards: [
      { ...port, host: 8080, guest: 80 },
      { protocol: "udp", bind: "0.0.0.0", host: 5353, guest: 53 },
      { ...port, host: 5432, guest: 5432, failure },
    ],
  },
  {
    ...web,
    id: "019a0000-0000-7000-8000-000000000002",
    name: "db",
    state: "Stopped",
    power: "off",
    health: "none",
    forwards: [{ ...port, host: 3306, guest: 3306 }],
  },
];

export const sshHosts = forwarded.map(({ id, name, user }) => ({ id, name, user, hostKey: "ssh-ed25519 AAAA" }));
export const sshPlaces: SshPlaces = {
  identityFile: "/home/user/.config/strata/ssh/id_ed25519",
  knownHostsFile: "/home/user/.config/strata/ssh/known_hosts",
  proxy: [
    "env",
    "XDG_RUNTIME_DIR=/run/user/1000",
    "/usr/local/bin/strata",
    "helper",
    "ssh-proxy",
    "/home/user/.config/strata/ssh",
  ],
};
