/** How long unused images are kept, as the setting `images.keep` says it. */
import { parseDuration } from "./duration.ts";

/** Milliseconds; undefined: always. Throws `duration-invalid`. */
export const parseKeep = (text: string): number | undefined =>
  text === "always" ? undefined : parseDuration(text, "images.keep");
