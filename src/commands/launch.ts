/** `strata launch`: a new instance, of an image by name or of an image file of this machine. */
import { UserError, exitCodes } from "../errors.ts";
import { labelsOf, parseLabel } from "../model/label.ts";
import { parseLifetime } from "../model/lifetime.ts";
import { parseName } from "../model/name.ts";
import { parseSize } from "../model/size.ts";
import { labelled } from "../render/progress.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag, list, text, value } from "./command.ts";
import type { Context } from "./context.ts";
import { cancelledBy, watchInterrupts } from "./follow.ts";
import { networkOptions, readNetworks } from "./launch-networks.ts";
import { checkedSource, degradedLines, sourceAndTarget } from "./mount-words.ts";
import { sendFile } from "./send-image.ts";
import { parseTimeout } from "./timeout.ts";

const cpusMax = 255;

export const launch = defineVerb({
  name: "launch",
  aliases: [],
  group: "instances",
  summary: "Make an instance and start it",
  about: [
    "IMAGE is a name that strata find shows (24.04, noble, lts, daily:noble, debian, fedora:42), the address of a qcow2 or raw image (https://, http://, file://) or a file: a path with a slash in it, or a file here that ends in .img, .qcow2 or .raw; any of them may be compressed with xz or gzip (.xz, .gz). A file is read by this command and sent to the daemon; everything else the daemon fetches, goes on where an earlier try broke off, and keeps once per content.",
    "It is done when the guest answers over SSH and its cloud-init has ended. Ctrl-C takes everything back: no instance is left.",
    "One with --expires is in the trash for some days after its time, as after a delete. One with --ephemeral is gone with its disk as soon as it is off: stopped, powered off from inside, crashed, or with its host; a restart and a suspend are no such end.",
    "The text of --cloud-init is merged with strata's own: its users get one more, by which strata comes in; the host name and the SSH host keys are the instance's. The record keeps its size and digest only. When cloud-init fails in the guest, the launch fails and the instance runs on, so that you can look at it.",
  ],
  arguments: [
    {
      name: "IMAGE",
      about: "name, address or file of an image (images.default: lts)",
      required: false,
      many: false,
      completes: "image",
    },
  ],
  options: {
    name: value("NAME", "its name; without it, one is made up", parseName, "n"),
    cpus: value("N", "processors (1)", parseCpus, "c"),
    memory: value("SIZE", "memory, for example 512M (1G)", (text) => parseGuestSize(text, "memory"), "m"),
    disk: value(
      "SIZE",
      "disk, for example 20G (5G, or the image's size when that is more)",
      (text) => parseGuestSize(text, "disk"),
      "d",
    ),
    "cloud-init": text(
      "FILE",
      "a #cloud-config for its first boot: a file, an http(s) address, or - for standard input",
    ),
    ...networkOptions,
    label: list("KEY=VALUE", "a label to find it by; may be given several times", parseLabel),
    mount: list(
      "SOURCE[:TARGET]",
      "a folder of this machine that it sees, as with strata mount; may be given several times",
      sourceAndTarget,
    ),
    expires: value("TIME", "to the trash by itself after this long, for example 2h", parseLifetime),
    ephemeral: flag("deleted for good when it stops"),
    timeout: value("TIME", "give up after this long, for example 90s", parseTimeout),
    ...changingOptions,
  },
  examples: [
    { line: "strata launch", about: "the default image under a made-up name" },
    { line: "strata launch noble --name web -c 2 -m 2G", about: "with a name and a size" },
    { line: "strata launch ./disk.qcow2 --name db", about: "of an image file" },
    { line: "strata launch --expires 2h --label use=demo", about: "gone from the list in two hours" },
    { line: "strata launch --name web --mount ./site", about: "with a folder of this machine in its home" },
    { line: "strata launch --allow-net deb.debian.org", about: "speaks to these alone" },
    { line: "strata launch --name web --cloud-init web.yaml", about: "with packages, files and commands of its own" },
  ],
  exits: [
    [5, "the time of --timeout passed"],
    [130, "cancelled with Ctrl-C"],
  ],
  instead: ([image = "", name = ""]) => ["launch", image, "--name", name],
  async run(context, { words, options }) {
    const cloudInit = await cloudInitOf(context, options["cloud-init"]);
    const image = words[0] === undefined ? undefined : await imageOf(context, words[0]);
    const outside = await context.outside();
    const mounts = options.mount.map(({ source, target }) => ({
      source: checkedSource(context, source),
      ...(target !== "" && { target }),
      type: "classic" as const,
      readOnly: false,
    }));
    const { name, cpus, memory, disk, timeout, expires, ephemeral } = options;
    const labels = options.label.length === 0 ? undefined : labelsOf(options.label);
    const networks = await readNetworks(context, options);
    const command = context.newCommand();
    return changeAll(context, [name ?? image?.name ?? "an image"], {
      verb: "launch",
      done: "Launched",
      detach: options.detach,
      shape: options,
      after: degradedLines,
      abandon: () => context.api.call("instance.abandon", { command }),
      send: () =>
        context.api.call("instance.launch", {
          command,
          ...context.reason(options.reason),
          ...(image !== undefined && { image }),
          outside,
          ...(name !== undefined && { name }),
          ...(cpus !== undefined && { cpus }),
          ...(memory !== undefined && { memory }),
          ...(disk !== undefined && { disk }),
          ...networks,
          ...(cloudInit !== undefined && { cloudInit }),
          ...(labels !== undefined && { labels }),
          ...(mounts.length > 0 && { mounts }),
          ...(expires !== undefined && { lifetimeMs: expires }),
          ...(ephemeral && { ephemeral }),
          ...(timeout !== undefined && { timeoutMs: timeout }),
        }),
    });
  },
});

/** The text to send; says which of its keys will not count. */
async function cloudInitOf(context: Context, source: string | undefined) {
  if (source === undefined) return undefined;
  const { text: given, ignored } = await context.cloudInit(source);
  if (ignored.length > 0)
    context.say(
      labelled("", "note", `not used of the cloud-init text: ${ignored.join(", ")} (the instance has its own)`),
    );
  return given;
}

/** The image for the request. A file is sent first, unless the daemon has one with its digest. */
async function imageOf(context: Context, image: string): Promise<{ name: string; sha256: string } | { name: string }> {
  const report = context.progress();
  const interruption = watchInterrupts(context);
  const signal = cancelledBy(interruption, `launch of ${image}; nothing was made`);
  const bytes = (done: number, total: number) => report.add({ kind: "bytes", step: "image", done, total });
  try {
    const file = await context.images.read(image, bytes, signal);
    if (!file) return { name: image };
    return await sendFile(context, file, bytes, signal);
  } finally {
    report.close();
    interruption.stop();
  }
}

/** A guest with less has no use for it: who says 512 means 512M, and bytes can be said with K. */
const sizeBytesMin = 2 ** 20;

function parseGuestSize(text: string, what: "memory" | "disk"): number {
  const bytes = parseSize(text, what);
  if (bytes >= sizeBytesMin || !/^\d+$/.test(text)) return bytes;
  throw new UserError("size-invalid", `${what} size "${text}" has no unit: it would be ${text} bytes`, {
    exit: exitCodes.usage,
    hints: [["did you mean", `${text}${what === "memory" && bytes >= 64 ? "M" : "G"}`]],
  });
}

function parseCpus(text: string): number {
  const cpus = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (cpus >= 1 && cpus <= cpusMax) return cpus;
  throw new UserError("cpus-invalid", `"${text}" is not a number of processors`, {
    exit: exitCodes.usage,
    hints: [
      ["did you mean", "1"],
      ["form", `a whole number from 1 to ${cpusMax}`],
    ],
  });
}
