/** Writes the manual pages `dist/strata.1` and `dist/multipass.1` from the verbs' own texts. `bun build/man.ts` */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { version } from "../package.json" with { type: "json" };
import { commonOptions } from "../src/commands/command.ts";
import { verbs } from "../src/commands/index.ts";
import { surfaceOf } from "../src/commands/multipass/surface.ts";
import { verbs as multipassVerbs } from "../src/commands/multipass/verbs.ts";
import { topics } from "../src/commands/topics.ts";
import { multipassManPage } from "../src/render/man-multipass.ts";
import { manPage } from "../src/render/man.ts";
import { dist, repository, say } from "./tools.ts";

const date = new Date().toISOString().slice(0, 10);
const { common } = surfaceOf(multipassVerbs);
const pages = {
  "strata.1": manPage({ verbs, commonOptions, topics, version, date }),
  "multipass.1": multipassManPage({ verbs: multipassVerbs, commonOptions: common, version, date }),
};
mkdirSync(dist, { recursive: true });
for (const [name, page] of Object.entries(pages)) {
  const path = join(dist, name);
  writeFileSync(path, page);
  say(`manual      ${relative(repository, path)}`);
}
