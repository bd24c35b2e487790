/** Images that launch knows. */
import { formatSize } from "../model/size.ts";
import type { ImageView } from "../model/view.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

const digestShown = 12;

const columns: readonly Column<ImageView>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "TITLE", cell: ({ title }) => title, widthMin: 10 },
  { title: "BYTES", cell: ({ bytes }) => formatSize(bytes), csv: ({ bytes }) => String(bytes), isRight: true },
  {
    title: "DISK",
    cell: ({ virtualSize }) => formatSize(virtualSize),
    csv: ({ virtualSize }) => String(virtualSize),
    isRight: true,
  },
  { title: "FORMAT", cell: ({ format }) => format },
  { title: "SHA256", cell: ({ sha256 }) => sha256.slice(0, digestShown), csv: ({ sha256 }) => sha256 },
];

export function imagesView(images: readonly ImageView[]): View {
  return {
    document: { schema: 1, images },
    records: images,
    csv: csvOf(images, columns),
    names: images.map(({ name }) => name),
    table: (page) => (images.length === 0 ? "" : table(images, columns, page)),
  };
}
