/** Paths in `file://` addresses. */
import { UserError, exitCodes } from "../errors.ts";

/** The absolute path of a `file:` address of this machine. Throws `image-url-invalid`. */
export function fileURLToPath(url: string): string {
  const { hostname, pathname, protocol } = new URL(url);
  const path = decodeURIComponent(pathname);
  if (protocol === "file:" && (hostname === "" || hostname === "localhost") && !path.includes("\0")) return path;
  throw new UserError("image-url-invalid", `"${url}" is no file of this machine`, {
    exit: exitCodes.usage,
    hints: [["form", "file:///absolute/path"]],
  });
}
