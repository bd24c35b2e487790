/** Images: what hosts offer and what is here already, in one list. */
import { useSignal } from "@preact/signals";
import { Button } from "../components/button.tsx";
import { Empty, Waiting } from "../components/empty.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Problem } from "../components/problem.tsx";
import { type ImageRow, imageRows } from "../pure/images.ts";
import { emptyLaunch } from "../pure/launch.ts";
import { formatSize } from "../../model/size.ts";
import { ago } from "../pure/when.ts";
import { useStore } from "../store/store.ts";
import { useAnswer, useShown } from "../store/use.ts";
import { PruneImagesDialog } from "./images/prune-dialog.tsx";
import { RemoveImageDialog } from "./images/remove-dialog.tsx";
import { TrustDialog } from "./images/trust-dialog.tsx";

export function ImagesPage() {
  const { api, images, shown, whyFixed } = useStore();
  const asked = useSignal<"prune" | "trust" | undefined>(undefined);
  const close = () => (asked.value = undefined);
  const here = useShown(images, async (at) => (await api.call("past.images", { at })).images);
  const text = useSignal("");
  const removed = useSignal<ImageRow | undefined>(undefined);
  const turn = useSignal(0);
  const found = useAnswer(
    () => api.call("image.find", { force: turn.value > 0, isOffline: turn.value === 0 }),
    [turn.value],
  );
  // What hosts offered then is not known.
  const offered = shown.isPast.value ? undefined : found.value.value;
  const rows = imageRows(here.value ?? [], offered, text.value);
  return (
    <>
      <PageHead title="Images" about="What machines are made from: here already, or fetched when one is launched.">
        <Button
          icon="rotate-cw"
          disabled={shown.isPast.value}
          isBusy={turn.value > 0 && found.value.value === undefined}
          onClick={() => (turn.value += 1)}
        >
          Ask the hosts
        </Button>
        <Button icon="shield-check" disabled={whyFixed.value !== undefined} onClick={() => (asked.value = "trust")}>
          Trust a keyring…
        </Button>
        <Button icon="trash-2" disabled={whyFixed.value !== undefined} onClick={() => (asked.value = "prune")}>
          Prune…
        </Button>
      </PageHead>
      <div class="toolbar">
        <input
          type="search"
          aria-label="Search images"
          placeholder="noble, 24.04, debian"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </div>
      <Problem error={here.error ?? found.error.value} />
      {here.value === undefined ? (
        <Waiting what="images" />
      ) : (
        <ImageList rows={rows} onRemove={(row) => (removed.value = row)} />
      )}
      <Hosts hosts={offered?.hosts ?? []} isAsked={turn.value > 0} />
      {asked.value === "prune" && <PruneImagesDialog onClose={close} />}
      {asked.value === "trust" && <TrustDialog onClose={close} />}
      {removed.value && <RemoveImageDialog row={removed.value} onClose={() => (removed.value = undefined)} />}
    </>
  );
}

function ImageList({ rows, onRemove }: { rows: readonly ImageRow[]; onRemove: (row: ImageRow) => void }) {
  const { launchForm, overlay, shown, whyFixed, nowMs } = useStore();
  if (rows.length === 0 && shown.isPast.value) return <Empty icon="hard-drive" title="There was none then" />;
  if (rows.length === 0) {
    return (
      <Empty icon="hard-drive" title="No image here yet">
        <p>Ask the hosts what there is, or launch one by its name: it is fetched then, and kept.</p>
      </Empty>
    );
  }
  const launch = (image: string) => {
    launchForm.value = { ...emptyLaunch, image };
    overlay.value = "launch";
  };
  return (
    <ul class="image-cards">
      {rows.map((row) => (
        <li key={row.key} class="card image-card">
          <header>
            <h2>{row.title}</h2>
            {row.isHere ? (
              <span class="mark tone-ok">
                <Icon name="circle-check" size={15} />
                <span>here</span>
              </span>
            ) : (
              <span class="mark tone-quiet">
                <Icon name="hard-drive" size={15} />
                <span>{row.host}</span>
              </span>
            )}
          </header>
          <p>
            <code>{row.name}</code>
            {row.architecture !== undefined && <span class="muted"> {row.architecture}</span>}
          </p>
          <p class="muted">
            {[
              row.version,
              row.bytes === undefined ? undefined : formatSize(row.bytes),
              row.usedAt && `used ${ago(row.usedAt, nowMs.value)}`,
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
          <p class={row.signedBy === undefined ? "muted" : "mark tone-ok"}>
            {row.signedBy === undefined ? (
              row.isHere ? (
                ""
              ) : (
                "its list is not signed"
              )
            ) : (
              <>
                <Icon name="shield-check" size={15} /> <span title={row.signedBy}>signed list</span>
              </>
            )}
          </p>
          {row.instances.length > 0 && (
            <p class="muted">
              under{" "}
              {row.instances.map((name) => (
                <a key={name} href={`#/instances/${encodeURIComponent(name)}`}>
                  {name}{" "}
                </a>
              ))}
            </p>
          )}
          <footer>
            <Button icon="play" disabled={whyFixed.value !== undefined} onClick={() => launch(row.name)}>
              Launch
            </Button>
            {row.isHere && (
              <Button
                tone="quiet"
                icon="trash-2"
                label={`Remove ${row.title}`}
                disabled={whyFixed.value !== undefined || row.instances.length > 0}
                title={row.instances.length > 0 ? `stands under ${row.instances.join(", ")}` : `Remove ${row.title}`}
                onClick={() => onRemove(row)}
              />
            )}
          </footer>
        </li>
      ))}
    </ul>
  );
}

interface Host {
  readonly name: string;
  readonly fetchedAt?: string | undefined;
  readonly failure?: { readonly code: string; readonly message: string } | undefined;
}

function Hosts({ hosts, isAsked }: { hosts: readonly Host[]; isAsked: boolean }) {
  const { nowMs } = useStore();
  if (hosts.length === 0) return null;
  return (
    <section class="hosts">
      <h2>Hosts</h2>
      <ul>
        {hosts.map(({ name, fetchedAt, failure }) => (
          <li key={name}>
            <strong>{name}</strong>
            <span class="muted">
              {hostText(fetchedAt && ago(fetchedAt, nowMs.value), isAsked ? failure?.message : undefined)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const hostText = (age: string | undefined, failure: string | undefined): string =>
  failure ?? (age === undefined ? "not asked yet" : `its list is of ${age}`);
