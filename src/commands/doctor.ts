/** `strata doctor`: is this machine fit, is everything in order, and what to do where it is not. */
import { exitCodes } from "../errors.ts";
import { defineVerb } from "./command.ts";

export const doctor = defineVerb({
  name: "doctor",
  aliases: [],
  group: "strata itself",
  summary: "Check this machine, the daemon and its data",
  about: [
    "Each check says ok, warn or fail, what was found, and the command that helps. A daemon that runs is asked; none is started, and nothing is changed.",
  ],
  arguments: [],
  options: {},
  examples: [
    { line: "strata doctor", about: "everything" },
    { line: "strata doctor --json", about: "for monitoring: result is ok, warn or fail" },
  ],
  exits: [[2, "a check failed"]],
  async run(context, { options }) {
    const [{ worst }, { checksView }] = await Promise.all([import("../model/worst.ts"), import("../render/checks.ts")]);
    const checks = await context.examine();
    await context.show(checksView(checks), options);
    return worst(checks) === "fail" ? exitCodes.failed : exitCodes.ok;
  },
});
