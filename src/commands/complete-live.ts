/** Names for completion, from a daemon that runs already. */
import type { ApiClient } from "../api/client.ts";
import { unreachable } from "../errors.ts";
import type { Completes } from "../model/verb.ts";
import type { InstanceView } from "../model/view.ts";
import type { Candidate, LookUp } from "./complete.ts";
import type { ClientSettings } from "./context.ts";

/** Operations that are offered, the newest ones. */
const operationsMax = 50;

/** One letter, as Ubuntu's `n`, is no help. */
const aliasMin = 1;

const isRunning = ({ power }: InstanceView) => power === "running";

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
        return instances(isRunning);
      case "place":
        return instances(isRunning).then((found) => found.map(({ word, about }) => ({ word: `${word}:`, about })));
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
      case "session":
        return sessions(api);
      case "topic":
      case "alias":
        return Promise.resolve([]);
      default:
        return unreachable(what);
    }
  };
}

/** What is kept here, and what the hosts' lists had when they were last read: a key that is pressed asks no host. */
async function images(api: ApiClient): Promise<readonly Candidate[]> {
  const [kept, { offers }] = await Promise.all([
    api.call("image.list", {}),
    api.call("image.find", { force: false, isOffline: true }),
  ]);
  const words = new Map<string, string>();
  for (const { name, title } of kept) words.set(name, title);
  for (const { host, name, names, title } of offers) {
    // The other names of a host that has to be named would need it too.
    const all = name.startsWith(`${host}:`) ? [name] : [name, ...names];
    for (const word of all) if (word.length > aliasMin && !words.has(word)) words.set(word, title);
  }
  return [...words].map(([word, about]) => ({ word, about }));
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

async function sessions(api: ApiClient): Promise<readonly Candidate[]> {
  const { sessions: found } = await api.call("window.sessions", {});
  return found.map(({ id, user, program }) => ({
    word: id,
    about: program === undefined ? user : `${user}, ${program}`,
  }));
}
