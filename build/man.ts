/** Writes the manual page `dist/strata.1` from the verbs' own texts. `bun build/man.ts` */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { version } from "../package.json" with { type: "json" };
import { commonOptions } from "../src/commands/command.ts";
import { verbs } from "../src/commands/index.ts";
import { topics } from "../src/commands/topics.ts";
import { manPage } from "../src/render/man.ts";
import { dist, repository, say } from "./tools.ts";

const path = join(dist, "strata.1");
mkdirSync(dist, { recursive: true });
writeFileSync(path, manPage({ verbs, commonOptions, topics, version, date: new Date().toISOString().slice(0, 10) }));
say(`manual      ${relative(repository, path)}`);
