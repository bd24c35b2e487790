/** `strata df`: what takes space on the disk. */
import { defineVerb } from "./command.ts";

export const df = defineVerb({
  name: "df",
  aliases: [],
  group: "images and settings",
  summary: "Show what takes space on the disk",
  about: [
    "USED counts blocks that the file system has given out; a disk grows as its guest writes, up to what stands under SIZE. No guest is asked.",
  ],
  arguments: [],
  options: {},
  examples: [
    { line: "strata df", about: "images, disks, memory, log and the rest" },
    { line: "strata df --json | jq .freeBytes", about: "for a program" },
  ],
  async run(context, { options }) {
    const { usageView } = await import("../render/usage.ts");
    const usage = await context.api.call("daemon.usage", {});
    if (usage.isPartial) context.say("warning     too many files: this counts only a part");
    await context.show(usageView(usage), options);
    return 0;
  },
});
