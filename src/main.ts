/** Picks the role of this process by its first words; the only file that exits. */
import { version } from "../package.json" with { type: "json" };
import { runClient } from "./client/role.ts";
import { readConfig } from "./config.ts";

process.exit(await runClient(process.argv.slice(2), () => readConfig(), version));
