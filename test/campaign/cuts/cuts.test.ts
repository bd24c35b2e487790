/** A sample of the power cuts on real file systems; all of them: `bun test/campaign/run.ts --full cuts`. */
import { expect, test } from "bun:test";
import { cuts, whyNot } from "./cuts.ts";

const reason = whyNot();
const limitMs = 600_000;

test.skipIf(reason !== undefined)(
  `power is cut on ext4, XFS and btrfs${reason === undefined ? "" : `: not run, ${reason}`}`,
  async () => {
    const { points, failures } = await cuts.run({ size: "sample", seed: 1, tell: () => undefined });
    expect(failures).toEqual([]);
    expect(points).toBeGreaterThan(200);
  },
  limitMs,
);
