/** Names for completion, from a daemon that runs already. */
import type { ApiClient } from "../api/client.ts";
import { unreachable } from "../errors.ts";
import type { Completes } from "../model/verb.ts";
import type { InstanceView } from "../model/view.ts";
import type { Candidate, LookUp } from "./complete.ts";
import type { ClientSettings } from "./context.ts";

/** Operations that are offered, the newest ones. */
const operationsMax = 50;

/** `api` must be one that starts no daemon. */
export function liveNames(api: ApiClient, settings: ClientSettings): LookUp {
  const instances = async (isMeant: (instance: InstanceView) => boolean): Promise<readonly Candidate[]> =>
    (await api.call("instance.list", {}))
      .filter(isMeant)
      .map(({ name, state, image }) => ({ word: name, about: `${state}, ${image.title}` }));
  const keys = async () => [...(await api.call("settings.list", {})), ...settings.list()];
  return (what: Completes) => {
    switch (what) {
      case "instance":
        return instances(({ state }) => state !== "Deleted");
      case "running":
        return instances(({ power }) => power === "running");
      case "stopped":
        return instances(({ state }) => state === "Stopped" || state === "Crashed" || state === "Suspended");
      case "deleted":
        return instances(({ state }) => state === "Deleted");
      case "image":
        return images(api);
      case "setting":
        return keys().then((found) => found.map(({ key, about }) => ({ word: key, about })));
      case "assignment":
        return keys().then((found) => found.map(({ key, about }) => ({ word: `${key}=`, about })));
      case "operation":
        return operations(api);
      case "pending-operation":
        return pendingOperations(api);
      case "topic":
        return Promise.resolve([]);
      default:
        return unreachable(what);
    }
  };
}

async function images(api: ApiClient): Promise<readonly Candidate[]> {
  return (await api.call("image.list", {})).map(({ name, title }) => ({ word: name, about: title }));
}

async function operations(api: ApiClient): Promise<readonly Candidate[]> {
  const rows = await api.call("history.list", { limit: operationsMax, reverse: false });
  return rows.flatMap(({ number, what }) => (number === undefined ? [] : [{ word: String(number), about: what }]));
}

async function pendingOperations(api: ApiClient): Promise<readonly Candidate[]> {
  return (await api.call("instance.list", {})).flatMap(({ name, operation }) =>
    operation ? [{ word: String(operation.number), about: `${operation.kind} ${name}` }] : [],
  );
}
