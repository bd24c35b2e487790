/** The window's address, and who is signed in there. */
import type { WindowSession } from "../model/window.ts";
import { csvOf, table, type Column } from "./table.ts";
import type { View } from "./view.ts";

export interface Address {
  readonly url: string;
  readonly session: string;
  /** Until when it signs in (ISO 8601). */
  readonly expires: string;
}

export const addressView = ({ url, session, expires }: Address): View => ({
  document: { schema: 1, url, session, expires },
  records: [{ url, session, expires }],
  csv: { header: ["url", "session", "expires"], rows: [[url, session, expires]] },
  names: [url],
  table: () => url,
});

const columns: readonly Column<WindowSession>[] = [
  { title: "ID", cell: ({ id }) => id },
  { title: "USER", cell: ({ user }) => user },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "SINCE", cell: ({ since }, page) => page.localTime(since), csv: ({ since }) => since },
  { title: "USED", cell: ({ used }, page) => page.localTime(used), csv: ({ used }) => used },
  { title: "PROGRAM", cell: ({ program }) => program ?? "-", csv: ({ program }) => program ?? "", widthMin: 12 },
];

/** `refusals`: requests that were turned away since the daemon started. */
export const sessionsView = (sessions: readonly WindowSession[], refusals: number): View => ({
  document: { schema: 1, sessions, refusals },
  records: sessions,
  csv: csvOf(sessions, columns),
  names: sessions.map(({ id }) => id),
  table: (page) => (sessions.length === 0 ? "" : table(sessions, columns, page)),
});
