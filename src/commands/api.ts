/** `strata api`: the OpenAPI document of the daemon's API. Needs no daemon. */
import { exitCodes } from "../errors.ts";
import { defineVerb } from "./command.ts";

export const api = defineVerb({
  name: "api",
  aliases: [],
  group: "strata itself",
  summary: "Print the API's description (OpenAPI 3.1)",
  about: [
    "Of the API of this version, made from what client and daemon check each other by. A daemon serves its own: curl --unix-socket SOCKET http://strata/v1/openapi.json, where strata daemon status names the socket.",
  ],
  arguments: [],
  options: {},
  examples: [{ line: "strata api | jq '.paths | keys'", about: "every call" }],
  async run(context, { options }) {
    const [{ openApi }, { documentView }] = await Promise.all([
      import("../api/openapi.ts"),
      import("../render/document.ts"),
    ]);
    await context.show(documentView(openApi(context.version)), options);
    return exitCodes.ok;
  },
});
