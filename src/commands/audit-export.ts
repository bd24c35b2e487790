/** `strata audit export`: the log for others, as lines or as a bundle that they can check. */
import { UserError, exitCodes } from "../errors.ts";
import { eventHeader, eventRow } from "../render/event-rows.ts";
import type { Context, Shape } from "./context.ts";
import { parsePosition } from "./position.ts";

interface ExportOptions extends Shape {
  readonly bundle: string | undefined;
  readonly since: string | undefined;
}

export async function exportLog(context: Context, options: ExportOptions): Promise<number> {
  if (options.bundle !== undefined) return exportBundle(context, options.bundle, options.since);
  const start = startOf(context, options.since);
  const format = formatOf(options);
  await sayArchived(context, start.after ?? 0);
  const events = context.audit.cat(start);
  return print(context, format === "csv" ? rows(events) : events);
}

/** A position, which counts too, or a time. */
function startOf(context: Context, since: string | undefined): { after?: number; since?: string } {
  if (since === undefined) return {};
  return /^\d+$/.test(since) ? { after: Math.max(0, parsePosition(since) - 1) } : { since: context.moment(since) };
}

/** Throws `format-unfit` for what is no stream of lines. */
function formatOf({ format = "table", json, quiet }: Shape): "csv" | "ndjson" {
  if (!json && !quiet && format === "csv") return "csv";
  if (!json && !quiet && (format === "ndjson" || format === "table")) return "ndjson";
  throw new UserError("format-unfit", "export gives events one a line, and not in that format", {
    exit: exitCodes.usage,
    hints: [["form", "--format jsonl or --format csv"]],
  });
}

async function* rows(events: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  yield eventHeader;
  for await (const lines of events) {
    const all = new TextDecoder().decode(lines).split("\n");
    yield all.map((line) => (line === "" ? "" : eventRow(line))).join("");
  }
}

async function exportBundle({ audit, say }: Context, target: string, since: string | undefined): Promise<number> {
  if (since !== undefined)
    throw new UserError(
      "option-unwanted",
      "a bundle is of the whole log, since each event is proved by those before it",
      {
        exit: exitCodes.usage,
        hints: [["next", `strata audit export --bundle ${target}`]],
      },
    );
  const { files, path, folder } = await audit.exportBundle(target);
  say(`Exported: ${files} files to ${path}`);
  say(`next      ${folder === undefined ? `python3 ${path}` : `tar -xf ${path} && python3 ${folder}`}/verify.py`);
  return exitCodes.ok;
}

/** Says what is missing of the events behind a position, since it is not here. */
export async function sayArchived({ audit, say }: Context, after: number): Promise<void> {
  const archived = await audit.archived();
  if (archived === undefined || after >= archived.upTo) return;
  const places = [...new Set(archived.archives.map(({ place }) => place))];
  say(`archived    the events 1 to ${archived.upTo} are in ${places.join(", ")}`);
}

/** Until the end, or until nobody reads any more. */
export async function print({ stdout }: Pick<Context, "stdout">, pieces: AsyncIterable<Uint8Array | string>) {
  for await (const piece of pieces) {
    stdout.write(piece);
    if (stdout.isClosed) break;
  }
  return exitCodes.ok;
}
