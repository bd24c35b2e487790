/** The daemon's passphrase: another one, or none. The daemon keeps a hash of it. */
import { useSignal } from "@preact/signals";
import type { Secret } from "../../../model/secret.ts";
import { Check, Field } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { useStore } from "../../store/store.ts";

export function PassphraseDialog({ isSet, onClose }: { isSet: boolean; onClose: () => void }) {
  const { api, accepted } = useStore();
  const [first, again, isNone] = [useSignal(""), useSignal(""), useSignal(false)];
  const isOther = again.value !== "" && again.value !== first.value;
  const send = async () => {
    const passphrase = (isNone.value ? "" : first.value) as Secret<string>;
    accepted(await api.call("passphrase.set", { command: api.newCommand(), passphrase }), "set passphrase");
  };
  return (
    <FormDialog
      title="Passphrase of the daemon"
      label={isNone.value ? "Take it away" : "Set it"}
      icon="lock"
      // Nothing secret stands in a command line: it is read from standard input.
      words={["set", isNone.value ? "passphrase=" : "passphrase=-"]}
      isWrong={!isNone.value && (first.value === "" || first.value !== again.value)}
      send={send}
      onClose={onClose}
    >
      <p>A client that is to be trusted is asked for it.</p>
      {!isNone.value && (
        <>
          <Field label="Passphrase" value={first.value} onInput={(text) => (first.value = text)} isSecret autofocus />
          <Field
            label="Once more"
            value={again.value}
            onInput={(text) => (again.value = text)}
            fault={isOther ? "not the same" : undefined}
            isSecret
          />
        </>
      )}
      {isSet && <Check label="None any more" checked={isNone.value} onChange={(checked) => (isNone.value = checked)} />}
    </FormDialog>
  );
}
