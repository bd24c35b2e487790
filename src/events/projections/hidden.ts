/** What an event says of settings whose value is not shown. */
import { settings, shownSetting } from "../settings/settings.ts";

type Data = Readonly<Record<string, unknown>>;

/** The data with such values as `set` or `not set`, those of a rollback's plan among them. */
export function withoutHidden(data: Data): Record<string, unknown> {
  const { key, value, before, plan } = data;
  const planned = Array.isArray(plan) ? { plan: plan.map((step: Data) => withoutHidden(step)) } : {};
  const isHidden = typeof key === "string" && Object.hasOwn(settings, key) && settings[key]?.isHidden === true;
  if (!isHidden) return { ...data, ...planned };
  const shown = (text: unknown) => (typeof text === "string" ? shownSetting(key, text) : text);
  return {
    ...data,
    ...("value" in data && { value: shown(value) }),
    ...("before" in data && { before: shown(before) }),
  };
}
