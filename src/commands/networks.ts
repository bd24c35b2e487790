/** `strata networks`: what the host has that instances could be connected to besides their own network. */
import { exitCodes } from "../errors.ts";
import { interfacesView } from "../render/networks.ts";
import { defineVerb } from "./command.ts";

export const networks = defineVerb({
  name: "networks",
  aliases: [],
  group: "networks",
  summary: "List networks of the host that instances can be connected to",
  about: [
    "An instance gets one more network card with launch --network NAME, which is bridged to that interface of the host. Only root can do that. strata network list has the networks that strata makes itself.",
  ],
  arguments: [],
  options: {},
  examples: [
    { line: "strata networks", about: "interfaces and bridges" },
    { line: "strata networks --json", about: "for a program" },
  ],
  instead: (words) => ["network", ...words],
  async run(context, { options }) {
    const { interfaces, why } = await context.api.call("host.interfaces", {});
    if (interfaces.length === 0) context.say("No network interfaces found.");
    await context.show(interfacesView(interfaces, why), options);
    if (why !== undefined && interfaces.length > 0) context.say(`none yet    ${why}`);
    return exitCodes.ok;
  },
});
