/** The course of a launch, from its line to what is said of it; loaded when there is one. */
import type { Accepted } from "../../../api/contract.ts";
import type { MultipassContext } from "../context.ts";
import { perform } from "../perform.ts";
import type { Spinner } from "../spinner.ts";
import { Stop, multipassExit } from "../stop.ts";
import { within } from "../waiting.ts";
import type { ZoneName } from "../zones.ts";
import { isImageMissing, launchFailure } from "./failure.ts";
import { imageByHash, readImage, sendImage } from "./image.ts";
import type { WantedImage } from "./image.ts";
import { mountAtLaunch } from "./mounts.ts";
import { launchProgress } from "./progress.ts";
import { readRequest } from "./request.ts";
import type { Given, Request } from "./request.ts";

/** Whoever is out of time does not wait longer for the daemon to hear of it. */
const abandonMs = 1000;
const lateText = "Timed out waiting for instance launch.";

/** Answers exit 0. Throws `Stop`, and what the daemon says. */
export async function launchInstance(
  context: MultipassContext,
  word: string | undefined,
  given: Given,
): Promise<number> {
  const image = readImage(word, context.directory);
  const { request, zone } = await readRequest(context, given);
  const name = await launchOne(context, image, request, zone);
  context.stdout.write(`Launched: ${name} in ${zone}\n`);
  await mountAtLaunch(context, name, given.mount ?? []);
  return multipassExit.ok;
}

/** The name of what was launched. Throws `Stop` and what the daemon says. */
async function launchOne(
  context: MultipassContext,
  image: WantedImage,
  request: Request,
  zone: ZoneName,
): Promise<string> {
  const outside = await context.outside();
  let name = request.name;
  let command = context.newCommand();
  const creating = () => `Creating ${name ?? "instance"} in ${zone}`;
  const send = async (spinner: Spinner, signal: AbortSignal): Promise<Accepted> => {
    const sent = await sendImage(context, image, spinner, signal);
    spinner.start(creating());
    const ask = (found: typeof sent) =>
      context.api.call("instance.launch", { command, outside, ...(found && { image: found }), ...request });
    const accepted = await ask(sent).catch(async (error: unknown) => {
      const found = sent && isImageMissing(error) ? await imageByHash(context, sent.name) : undefined;
      if (!found) throw error;
      command = context.newCommand();
      return ask(found);
    });
    name ??= accepted.instance?.name;
    spinner.start(creating());
    return accepted;
  };
  const abandon = () => context.api.call("instance.abandon", { command });
  try {
    const { ended } = await perform(context, {
      what: `launch ${name ?? "an instance"}`,
      says: creating(),
      timeoutText: lateText,
      onProgress: launchProgress(() => name ?? "instance"),
      abandon,
      send: (spinner, signal) => inTime(context, request.timeoutMs, send(spinner, signal), abandon),
    });
    return ended?.instance?.name ?? name ?? "";
  } catch (error) {
    throw await launchFailure(context, error, { image, disk: request.disk });
  }
}

/** Until the launch is an operation, which has a time of its own: sending a file and asking remotes may take long. */
async function inTime<Value>(
  context: MultipassContext,
  ms: number | undefined,
  work: Promise<Value>,
  abandon: () => Promise<unknown>,
): Promise<Value> {
  try {
    return await within(context, { ms, text: lateText }, work);
  } catch (error) {
    if (error instanceof Stop && error.exit === multipassExit.timeout)
      await Promise.race([abandon().catch(() => undefined), context.clock.sleep(abandonMs)]);
    throw error;
  }
}
