/** `multipass find` in its shapes. */
import type { FoundImages } from "../../../model/view.ts";
import type { Shapes } from "./format.ts";
import { columns, csvText } from "./format.ts";

type Offer = FoundImages["offers"][number];

/** An image as the reference shows it. */
interface Row {
  /** The first of its names, behind its remote where that has to be said. */
  readonly key: string;
  readonly remote: string;
  readonly aliases: readonly string[];
  /** `Ubuntu`, `24.04 LTS` */
  readonly os: string;
  readonly release: string;
  readonly version: string;
}

/** These belong to no remote of the reference: their names stand alone. */
const withoutRemote = ["debian", "fedora", "folder"];
const unsaid = ["", "release"];
const widthsMin = [28, 18, 17];

function rowOf({ host, names, title, version }: Offer): Row {
  const shown = names.filter((name) => name.length > 1 && name !== "default");
  const [first = "", ...aliases] = shown.length > 0 ? shown : names;
  const remote = withoutRemote.includes(host) ? "" : host;
  const [, os = "", release = title] = /^(\S+) (.*)$/.exec(title) ?? [];
  return { key: unsaid.includes(remote) ? first : `${remote}:${first}`, remote, aliases, os, release, version };
}

export function findShapes(offers: readonly Offer[]): Shapes {
  const rows = unlike(offers.map(rowOf));
  return {
    table: () => (rows.length === 0 ? "No images found.\n" : `${tableOf(rows)}\n`),
    json: () => ({
      errors: [],
      images: Object.fromEntries(
        rows.map(({ key, os, release, version, aliases, remote }) => [key, { os, release, version, aliases, remote }]),
      ),
    }),
    csv: () =>
      csvText([
        ["Image", "Remote", "Aliases", "OS", "Release", "Version", "Type"],
        ...rows.map(({ key, remote, aliases, os, release, version }) => [
          key,
          remote,
          aliases.join(";"),
          os,
          release,
          version,
          "Cloud Image",
        ]),
      ]),
    yaml: () => ({
      errors: [],
      images: Object.fromEntries(
        rows
          .toSorted((a, b) => (a.key < b.key ? -1 : 1))
          .map(({ key, aliases, os, release, version, remote }) => [key, { aliases, os, release, version, remote }]),
      ),
    }),
  };
}

/** The same name twice, of a remote and of the program's own folder, is the first one's. */
const unlike = (rows: readonly Row[]): Row[] =>
  rows.filter(({ key }, at) => rows.findIndex((row) => row.key === key) === at);

const tableOf = (rows: readonly Row[]): string =>
  columns(
    [
      ["Image", "Aliases", "Version", "Description"],
      ...rows.map(({ key, aliases, version, os, release }) => [
        key,
        aliases.join(","),
        version,
        os === "" ? release : `${os} ${release}`,
      ]),
    ],
    widthsMin,
  );
