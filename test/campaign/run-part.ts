/** One part in a process of its own, so that parts do not share memory or time: `run-part.ts PART SIZE SEED`; its findings are the last line, as JSON. */
import type { Size } from "./part.ts";
import { parts } from "./parts.ts";

const tellPauseMs = 5_000;

const [name, size, seed] = process.argv.slice(2);
const part = parts.find((each) => each.name === name);
if (!part) throw new Error(`no part ${name}`);
let told = 0;
const tell = (progress: string) => {
  const now = performance.now();
  if (now - told < tellPauseMs) return;
  told = now;
  console.log(progress);
};
const findings = await part.run({ size: size as Size, seed: Number(seed), tell });
console.log(JSON.stringify(findings));
process.exit(0);
