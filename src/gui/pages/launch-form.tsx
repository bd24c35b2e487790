/** The launch form: the three choices that matter first, everything else behind one word. It is kept until it is sent. */
import { type ReadonlySignal, type Signal, useComputed, useSignal } from "@preact/signals";
import { CommandLine } from "../components/command-line.tsx";
import { Button } from "../components/button.tsx";
import { Check, Field, Select } from "../components/field.tsx";
import { Problem } from "../components/problem.tsx";
import { emptyLaunch, type LaunchField, type LaunchForm, type ReadLaunch, readLaunch } from "../pure/launch.ts";
import { useStore } from "../store/store.ts";
import { useResource, useSending } from "../store/use.ts";

export interface Launch {
  readonly form: Signal<LaunchForm>;
  readonly read: ReadonlySignal<ReadLaunch>;
  readonly isBusy: ReadonlySignal<boolean>;
  readonly error: ReadonlySignal<unknown>;
  submit(): void;
}

/** What was typed lives in the store, so that neither a closed dialog nor a lost daemon takes it. */
export function useLaunch(onSent: () => void): Launch {
  const { api, accepted, launchForm: form, launchAgain, router } = useStore();
  const { isBusy, error, send } = useSending();
  const read = useComputed(() => readLaunch(form.value));
  const submit = () =>
    void send(async () => {
      const { request, faults } = read.peek();
      if (Object.keys(faults).length > 0) return;
      const answer = await launchAgain(request, (command) => api.call("instance.launch", { command, ...request }));
      accepted(answer, "launch");
      form.value = emptyLaunch;
      onSent();
      if (answer.instance) router.go({ page: "instances" });
    });
  return { form, read, isBusy, error, submit };
}

const sizes = {
  small: { cpus: "1", memory: "1G", disk: "5G" },
  medium: { cpus: "2", memory: "2G", disk: "10G" },
  large: { cpus: "4", memory: "8G", disk: "40G" },
} as const;
type Size = keyof typeof sizes;

export function LaunchFields({ launch }: { launch: Launch }) {
  const { images, networks, settings } = useStore();
  const here = useResource(images);
  const nets = useResource(networks);
  const defaultImage = useResource(settings)?.find(({ key }) => key === "images.default")?.value ?? "lts";
  const hasMore = useSignal(false);
  const { form, read } = launch;
  const set = (change: Partial<LaunchForm>) => (form.value = { ...form.peek(), ...change });
  const field = (name: Exclude<LaunchField, "ephemeral">) => ({
    value: form.value[name],
    fault: read.value.faults[name],
    onInput: (value: string) => set({ [name]: value }),
  });
  return (
    <div class="launch">
      <div class="launch-main">
        <Field
          label="Image"
          {...field("image")}
          placeholder={defaultImage}
          choices={[...new Set([...(here ?? []).map(({ name }) => name), "lts", "noble", "jammy", "debian", "fedora"])]}
          help="a name, HOST:NAME, or the address of an image"
          autofocus
        />
        <Field label="Name" {...field("name")} placeholder="made up" help="letters, digits and hyphens" />
      </div>
      <fieldset class="sizes">
        <legend>Size</legend>
        <div class="size-choices">
          {(Object.keys(sizes) as Size[]).map((size) => (
            <SizeChoice key={size} size={size} form={form.value} onChoose={() => set(sizes[size])} />
          ))}
        </div>
        <div class="launch-sizes">
          <Field label="CPUs" {...field("cpus")} placeholder="1" inputMode="numeric" />
          <Field label="Memory" {...field("memory")} placeholder="1G" />
          <Field label="Disk" {...field("disk")} placeholder="5G" help="or the image’s size, when that is more" />
        </div>
      </fieldset>
      <button type="button" class="more" aria-expanded={hasMore.value} onClick={() => (hasMore.value = !hasMore.value)}>
        {hasMore.value ? "Less" : "More: network, lifetime, labels, cloud-init"}
      </button>
      {hasMore.value && (
        <div class="launch-more">
          <Select
            label="Network"
            value={form.value.network || "default"}
            onChange={(network) => set({ network })}
            choices={(nets?.networks ?? []).map(({ name, kind }) => [name, `${name} (${kind})`] as const)}
          />
          <Field
            label="May speak to"
            {...field("allowNet")}
            placeholder="all"
            help="all, none, or hosts with commas between"
          />
          <Field
            label="Lifetime"
            {...field("expires")}
            placeholder="for good"
            help="for example 2h: then to the trash by itself"
          />
          <Field label="Labels" {...field("labels")} placeholder="use=demo" help="KEY=VALUE, with spaces between" />
          <Field label="Why" {...field("reason")} placeholder="kept in the record" />
          <Check
            label="Ephemeral"
            help="deleted for good when it stops"
            checked={form.value.ephemeral}
            onChange={(ephemeral) => set({ ephemeral })}
          />
          <Field
            label="cloud-init"
            {...field("cloudInit")}
            lines={5}
            placeholder="#cloud-config"
            help="for its first boot"
          />
        </div>
      )}
      <Problem error={launch.error.value} />
      <CommandLine line={read.value.line} />
    </div>
  );
}

function SizeChoice({ size, form, onChoose }: { size: Size; form: LaunchForm; onChoose: () => void }) {
  const { cpus, memory, disk } = sizes[size];
  const isChosen = form.cpus === cpus && form.memory === memory && form.disk === disk;
  return (
    <button type="button" aria-pressed={isChosen} onClick={onChoose}>
      <strong>{size}</strong>
      <span class="muted">
        {cpus} CPU, {memory}, {disk}
      </span>
    </button>
  );
}

export function LaunchFoot({ launch, onCancel }: { launch: Launch; onCancel?: () => void }) {
  const { whyFixed } = useStore();
  const isWrong = Object.keys(launch.read.value.faults).length > 0;
  return (
    <>
      {onCancel && <Button onClick={onCancel}>Cancel</Button>}
      <Button
        tone="main"
        type="submit"
        icon="play"
        isBusy={launch.isBusy.value}
        disabled={isWrong || whyFixed.value !== undefined}
        title={whyFixed.value}
      >
        Launch
      </Button>
    </>
  );
}
