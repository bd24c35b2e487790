/** Images that are kept here, and those that hosts offer. */
import { formatDuration } from "../model/duration.ts";
import { formatSize } from "../model/size.ts";
import type { AsOf, FoundImages, ImageView } from "../model/view.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

const digestShown = 12;

const kept: readonly Column<ImageView>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "TITLE", cell: ({ title }) => title, widthMin: 10 },
  { title: "BYTES", cell: ({ bytes }) => formatSize(bytes), csv: ({ bytes }) => String(bytes), isRight: true },
  {
    title: "DISK",
    cell: ({ virtualSize }) => formatSize(virtualSize),
    csv: ({ virtualSize }) => String(virtualSize),
    isRight: true,
  },
  { title: "FROM", cell: ({ source }) => source?.host || "file", widthMin: 6 },
  { title: "SHA256", cell: ({ sha256 }) => sha256.slice(0, digestShown), csv: ({ sha256 }) => sha256 },
  { title: "USED", cell: ({ usedAt }, page) => usedText(page.age(usedAt)), csv: ({ usedAt }) => usedAt },
  {
    title: "INSTANCES",
    cell: ({ instances }) => instances.join(", ") || "-",
    csv: ({ instances }) => instances.join(" "),
    widthMin: 9,
  },
];

const usedText = (ms: number): string => (ms < 60_000 ? "now" : `${formatDuration(ms)} ago`);

export function imagesView(images: readonly ImageView[], asOf?: AsOf): View {
  return {
    document: { schema: 1, ...(asOf && { asOf }), images },
    records: images,
    csv: csvOf(images, kept),
    names: images.map(({ name }) => name),
    table: (page) => (images.length === 0 ? "" : table(images, kept, page)),
  };
}

type FoundImage = FoundImages["offers"][number];

/** The names besides the one to type; single letters say nothing. */
const otherNames = ({ name, names }: FoundImage): string[] => names.filter((each) => each !== name && each.length > 1);

const offered: readonly Column<FoundImage>[] = [
  { title: "IMAGE", cell: ({ name }) => name },
  {
    title: "ALIASES",
    cell: (offer) => otherNames(offer).join(", "),
    csv: (offer) => otherNames(offer).join(" "),
    widthMin: 8,
  },
  { title: "VERSION", cell: ({ version }) => version },
  {
    title: "SIZE",
    cell: ({ bytes }) => (bytes === undefined ? "-" : formatSize(bytes)),
    csv: ({ bytes }) => (bytes === undefined ? "" : String(bytes)),
    isRight: true,
  },
  {
    title: "DESCRIPTION",
    cell: ({ title, isHere }) => (isHere ? `${title} (here)` : title),
    csv: ({ title }) => title,
    widthMin: 12,
  },
  { title: "HOST", cell: ({ host }) => host },
];

export function foundView({ offers, hosts }: FoundImages): View {
  return {
    document: { schema: 1, images: offers, hosts },
    records: offers,
    csv: csvOf(offers, offered),
    names: offers.map(({ name }) => name),
    table: (page) => (offers.length === 0 ? "" : table(offers, offered, page)),
  };
}
