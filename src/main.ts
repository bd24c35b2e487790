/** Picks the role of this process by its first words; the only file that exits. */
import { version } from "../package.json" with { type: "json" };
import { runClient } from "./client/role.ts";
import { readConfig } from "./config.ts";

const [role, task, place] = process.argv.slice(2);
if (role === "helper" && task === "unpack-qemu" && place !== undefined) {
  const { runUnpackHelper } = await import("./drivers/qemu/unpack-helper.ts");
  process.exit(await runUnpackHelper(place));
}
process.exit(await runClient(process.argv.slice(2), () => readConfig(), version));
