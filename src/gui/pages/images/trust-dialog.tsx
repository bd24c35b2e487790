/** Lists of images that are signed by a key of a keyring are trusted from then on. */
import { useSignal } from "@preact/signals";
import { FileField } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { useStore } from "../../store/store.ts";

/** As the command line has it. */
const keyringBytesMax = 512 * 1024;

export function TrustDialog({ onClose }: { onClose: () => void }) {
  const { api, settings, toasts } = useStore();
  const file = useSignal<File | undefined>(undefined);
  const isLarge = (file.value?.size ?? 0) > keyringBytesMax;
  const send = async () => {
    const keyring = base64Of(new Uint8Array((await file.value?.arrayBuffer()) ?? new ArrayBuffer(0)));
    const { fingerprints, operation } = await api.call("image.trust", { command: api.newCommand(), keyring });
    await settings.expire();
    const title = operation
      ? `Trusted: ${fingerprints.length === 1 ? "one key" : `${fingerprints.length} keys`}`
      : "Trusted already";
    toasts.show({
      tone: operation ? "ok" : "note",
      title,
      detail: fingerprints.join(", "),
      ...(operation && { operation: operation.number }),
    });
  };
  return (
    <FormDialog
      title="Trust the keys of a keyring"
      label="Trust"
      icon="shield-check"
      words={["set", `images.keyring=${file.value?.name ?? "FILE"}`]}
      isWrong={file.value === undefined || isLarge}
      send={send}
      onClose={onClose}
    >
      <p>
        Lists of images that these keys have signed are taken; those of the keyring of before are trusted no more. Look
        at where the file comes from: who has such a key can say what machines are made from.
      </p>
      <FileField
        label="Keyring"
        help="public keys of OpenPGP, as gpg --export writes them"
        fault={isLarge ? "more than 512 KiB: that is no keyring" : undefined}
        onChoose={(chosen) => (file.value = chosen)}
      />
    </FormDialog>
  );
}

const base64Of = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};
