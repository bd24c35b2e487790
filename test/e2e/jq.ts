/** As much of jq as a script of these tests needs, where that is not installed: `jq -r '.list[0].name'`, `jq -r '.list | length'`. */
import { argv, stdin } from "bun";

const [path = "", count] = (argv.at(-1) ?? "").split(" | ");
let found: unknown = await stdin.json();
for (const key of path.split(/[.[\]]+/).filter(Boolean)) found = (found as Record<string, unknown> | null)?.[key];
console.log(count === "length" ? Object.keys(found ?? {}).length : (found ?? null));
