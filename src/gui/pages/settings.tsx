/** Settings with where each comes from, this window's look, who is signed in, space, and the daemon itself. */
import { useSignal } from "@preact/signals";
import { Blame } from "../components/blame.tsx";
import { Button } from "../components/button.tsx";
import { Waiting } from "../components/empty.tsx";
import { Check } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Problem } from "../components/problem.tsx";
import { SettingsTable } from "../components/settings-table.tsx";
import { isOwn } from "../pure/configuration.ts";
import { useStore } from "../store/store.ts";
import { useShown } from "../store/use.ts";
import { type Theme, themes } from "../store/theme.ts";
import { isScreenReader } from "../terminal/screen-reader.ts";
import { About } from "./settings/about.tsx";
import { PassphraseDialog } from "./settings/passphrase-dialog.tsx";
import { WindowSessions } from "./settings/sessions.tsx";
import { Space } from "./settings/space.tsx";

export function SettingsPage() {
  const { api, settings, shown } = useStore();
  const all = useShown(settings, async (at) => (await api.call("past.settings", { at })).settings);
  const rows = all.value?.filter(isOwn);
  return (
    <>
      <PageHead title="Settings" />
      <div class="cards">
        <Look />
        {!shown.isPast.value && (
          <>
            <WindowSessions />
            <Space />
            <About />
          </>
        )}
      </div>
      <section class="section">
        <h2>The daemon</h2>
        <Problem error={all.error} />
        {rows === undefined && all.error === undefined && <Waiting what="settings" />}
        {rows && (
          <SettingsTable
            label="Settings of the daemon"
            rows={rows}
            blame={({ key, value }) => <Blame historyKey={key} stamp={value} />}
            control={({ key, value }) => (key === "passphrase" ? <Passphrase isSet={value === "set"} /> : undefined)}
          />
        )}
      </section>
    </>
  );
}

function Passphrase({ isSet }: { isSet: boolean }) {
  const { whyFixed } = useStore();
  const isAsked = useSignal(false);
  return (
    <>
      <Button icon="lock" disabled={whyFixed.value !== undefined} onClick={() => (isAsked.value = true)}>
        {isSet ? "Set: change it…" : "None: set one…"}
      </Button>
      {isAsked.value && <PassphraseDialog isSet={isSet} onClose={() => (isAsked.value = false)} />}
    </>
  );
}

const names: Readonly<Record<Theme, string>> = { system: "As the system", light: "Light", dark: "Dark" };

function Look() {
  const { theme } = useStore();
  return (
    <section class="card">
      <h2>Look of this window</h2>
      <div class="chips" role="group" aria-label="Theme">
        {themes.map((each) => (
          <button key={each} type="button" aria-pressed={theme.value === each} onClick={() => (theme.value = each)}>
            {names[each]}
          </button>
        ))}
      </div>
      <Check
        label="Terminals for screen readers"
        help="new terminals tell what they show"
        checked={isScreenReader.value}
        onChange={(checked) => (isScreenReader.value = checked)}
      />
    </section>
  );
}
