/** What a launch may bring for the guest's first boot (cloud-init), what is recorded of it, and what came of it. */
import { z } from "zod";
import { secret } from "./secret.ts";

/** Of the text in UTF-8. The seed, which holds it, may have 1 MiB. */
export const cloudInitBytesMax = 512 * 1024;

/** The text itself: it often holds passwords and tokens. */
export const CloudInitText = secret(z.string().min(1).max(cloudInitBytesMax));

/** All that the log knows of the text. */
export const CloudInitDigest = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int() });
export type CloudInitDigest = z.infer<typeof CloudInitDigest>;

/** How cloud-init ended in a guest that lets us in. `degraded`: done, with warnings; `none`: the guest has none. */
export const CloudInitStatus = z.enum(["done", "degraded", "disabled", "none"]);
export type CloudInitStatus = z.infer<typeof CloudInitStatus>;
