/** Every part of this executable with its version, source and licence. */
import packageFile from "../../package.json" with { type: "json" };
import type { Part } from "../render/licenses.ts";

/** Our dependencies and theirs that are in the bundle; versions of our own come from package.json. */
const bundled: readonly {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly licence: string;
}[] = [
  { name: "bun", version: packageFile.devDependencies.bun, source: "https://github.com/oven-sh/bun", licence: "MIT" },
  { name: "cac", version: packageFile.dependencies.cac, source: "https://github.com/cacjs/cac", licence: "MIT" },
  { name: "ssh2", version: packageFile.dependencies.ssh2, source: "https://github.com/mscdex/ssh2", licence: "MIT" },
  { name: "asn1", version: "0.2.6", source: "https://github.com/joyent/node-asn1", licence: "MIT" },
  {
    name: "bcrypt-pbkdf",
    version: "1.0.2",
    source: "https://github.com/joyent/node-bcrypt-pbkdf",
    licence: "BSD-3-Clause",
  },
  { name: "safer-buffer", version: "2.1.2", source: "https://github.com/ChALkeR/safer-buffer", licence: "MIT" },
  { name: "tweetnacl", version: "0.14.5", source: "https://github.com/dchest/tweetnacl-js", licence: "Unlicense" },
  {
    name: "openpgp",
    version: packageFile.dependencies.openpgp,
    source: "https://github.com/openpgpjs/openpgpjs",
    licence: "LGPL-3.0+",
  },
  {
    name: "undici",
    version: packageFile.dependencies.undici,
    source: "https://github.com/nodejs/undici",
    licence: "MIT",
  },
  {
    name: "dns-packet",
    version: packageFile.dependencies["dns-packet"],
    source: "https://github.com/mafintosh/dns-packet",
    licence: "MIT",
  },
  {
    name: "@leichtgewicht/ip-codec",
    version: "2.0.5",
    source: "https://github.com/martinheidegger/ip-codec",
    licence: "MIT",
  },
  {
    name: "unique-names-generator",
    version: packageFile.dependencies["unique-names-generator"],
    source: "https://github.com/andreasonny83/unique-names-generator",
    licence: "MIT",
  },
  {
    name: "websocket-driver",
    version: packageFile.dependencies["websocket-driver"],
    source: "https://github.com/faye/websocket-driver-node",
    licence: "Apache-2.0",
  },
  {
    name: "websocket-extensions",
    version: "0.2.0",
    source: "https://github.com/faye/websocket-extensions-node",
    licence: "Apache-2.0",
  },
  {
    name: "http-parser-js",
    version: "0.5.10",
    source: "https://github.com/creationix/http-parser-js",
    licence: "MIT",
  },
  { name: "safe-buffer", version: "5.2.1", source: "https://github.com/feross/safe-buffer", licence: "MIT" },
  // With the decoder xz-embedded (public domain) and the allocator walloc (MIT) in it.
  {
    name: "xz-decompress",
    version: packageFile.dependencies["xz-decompress"],
    source: "https://github.com/httptoolkit/xz-decompress",
    licence: "MIT",
  },
  { name: "yaml", version: packageFile.dependencies.yaml, source: "https://github.com/eemeli/yaml", licence: "ISC" },
  { name: "zod", version: packageFile.dependencies.zod, source: "https://github.com/colinhacks/zod", licence: "MIT" },
  {
    name: "preact",
    version: packageFile.dependencies.preact,
    source: "https://github.com/preactjs/preact",
    licence: "MIT",
  },
  {
    name: "@preact/signals",
    version: packageFile.dependencies["@preact/signals"],
    source: "https://github.com/preactjs/signals",
    licence: "MIT",
  },
  { name: "@preact/signals-core", version: "1.14.5", source: "https://github.com/preactjs/signals", licence: "MIT" },
  {
    name: "@xterm/xterm",
    version: packageFile.dependencies["@xterm/xterm"],
    source: "https://github.com/xtermjs/xterm.js",
    licence: "MIT",
  },
  {
    name: "@xterm/addon-fit",
    version: packageFile.dependencies["@xterm/addon-fit"],
    source: "https://github.com/xtermjs/xterm.js",
    licence: "MIT",
  },
  // Outlines of icons, copied into the page's source.
  { name: "lucide-static", version: "1.62.0", source: "lucide.dev", licence: "ISC and MIT" },
];

export async function licenses(): Promise<readonly Part[]> {
  const { carriedLicences } = await import("../drivers/qemu/carried.ts");
  const own: Part = {
    name: packageFile.name,
    version: packageFile.version,
    source: "this program",
    licences: [packageFile.license],
  };
  const programs = bundled.map(({ licence, ...part }) => ({ ...part, licences: [licence] }));
  const carried = carriedLicences().map(({ name, version, source, licences }) => ({
    name,
    version,
    source: `Debian source package ${source}`,
    licences,
  }));
  return [own, ...programs, ...carried];
}
