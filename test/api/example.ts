/**
 * A program of somebody else's, with the client of the package: launches an instance, tells how that goes, what was done, and
 * takes it away. `bun example.ts SOCKET`, where `strata daemon status` names the socket.
 */
import { createClient, isCode } from "strata/client";
import { version } from "strata/package.json";

const [socket = ""] = process.argv.slice(2);
const strata = createClient({ target: { socket, origin: "host" }, version });
/** Each change has an id: sent again with the same one, it is answered and not done again. */
const command = () => Bun.randomUUIDv7();
const name = "example";

/** Waits for the end of what was asked for; the progress comes before it. */
async function finished({ operation }: { operation?: { id: string } | undefined }): Promise<void> {
  if (!operation) return;
  for await (const item of strata.stream("operation.follow", { operation: operation.id }))
    if (item.kind === "step-done") console.log(`  ${item.step}`);
    else if (item.kind === "ended") console.log(`${item.operation.kind}: ${item.result}`);
}

await finished(
  await strata.call("instance.launch", {
    command: command(),
    name,
    image: { name: "tiny" },
    labels: { made: "by-a-program" },
    reason: "an example",
  }),
);
for (const { name: found, state, labels } of await strata.call("instance.list", {}))
  console.log(`${found}: ${state}, ${JSON.stringify(labels)}`);
await finished(await strata.call("instance.delete", { command: command(), instance: name, purge: true }));
for (const { what, reason } of await strata.call("history.list", { instance: name, limit: 10, reverse: true }))
  console.log(`${what}${reason === undefined ? "" : ` (${reason})`}`);
try {
  await strata.call("instance.info", { instances: [name] });
} catch (error) {
  console.log(isCode(error, "instance-not-found") ? "it is gone" : error);
}
