/** What ordinary SSH clients need to know of an instance. */
import { z } from "zod";

/** `ssh-ed25519 BASE64 COMMENT`, one line; no quote and no other option of OpenSSH's authorized_keys fits in. */
export const publicKeyPattern = /^ssh-ed25519 [A-Za-z0-9+/]{68}(?: [\w.@:-]{1,100})?$/;

export const SshHost = z
  .object({
    id: z.string(),
    name: z.string(),
    user: z.string(),
    /** OpenSSH's public text; what answers with another one is not the guest. */
    hostKey: z.string(),
  })
  .meta({ id: "SshHost" });
export type SshHost = z.infer<typeof SshHost>;
