/** `strata metrics`: all that the daemon counts, as Prometheus reads it. */
import { exitCodes } from "../errors.ts";
import { defineVerb } from "./command.ts";

export const metrics = defineVerb({
  name: "metrics",
  aliases: [],
  group: "strata itself",
  summary: "Print what the daemon counts, for Prometheus",
  about: [
    "In Prometheus's text format 0.0.4, for example for the textfile collector of its node exporter: instances and what they use, operations and how long they took, the log, disk space, and the daemon itself. The numbers of strata top with their history are in the API (metrics.read).",
  ],
  arguments: [],
  options: {},
  examples: [{ line: "strata metrics > strata.prom", about: "for the textfile collector" }],
  async run({ api, stdout }) {
    const { text } = await api.call("metrics.text", {});
    stdout.write(text);
    return exitCodes.ok;
  },
});
