/** The calls behind ordinary SSH clients. The daemon's own key stays with the daemon: each caller has one. */
import { z } from "zod";
import { publicKeyPattern, SshHost } from "../model/ssh.ts";
import { instance } from "./inputs.ts";
import { call } from "./shapes.ts";

export const sshCalls = {
  /** Instances that have a disk, and so a host key: all of them, or these. */
  "ssh.hosts": call(z.object({ instances: z.array(instance).max(1_000).optional() }), z.array(SshHost)),
  /** Lets the holder of a key log in to a guest that runs, as its user, and tells where its SSH server is reached from this host now. */
  "ssh.admit": call(
    z.object({ command: z.uuidv7(), instance, key: z.string().regex(publicKeyPattern) }),
    z.object({ host: z.string(), port: z.int() }),
  ),
} as const;
