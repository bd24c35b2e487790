/** Scenarios in the life of an instance. */
import { about, all, launch, launched, type Act, type Scenario, setKeep } from "./scenario.ts";

const off = all(launched("web"), about("instance.stop", { force: true }));
const suspended = all(launched("web"), about("instance.suspend"));
const deleted = all(launched("web"), about("instance.delete", { purge: false }));
const cloudInit = "#cloud-config\nruncmd: [echo kills]\n";

const set =
  (key: string, ...values: string[]): Act =>
  async (life, random) => {
    const value = values[random.below(values.length)] ?? "";
    await life.call("settings.set", { key: `local.web.${key}`, value });
    await life.idle();
  };

/** A launch that is called off while it is worked on. */
const cancelled: Act = async (life, random) => {
  const answer = await launch(life, "db", random.chance(0.5) ? { cloudInit } : {});
  await life.call("operation.cancel", { operation: answer?.operation?.id });
  await life.idle();
};

/** The driver refuses at one step, and what was made is taken back. */
const failing: Act = async (life, random) => {
  const [call, nth] = random.chance(0.5) ? (["create", 2] as const) : (["start", 2] as const);
  life.machines.faults.push({ call, nth: (life.machines.calls.get(call) ?? 0) + nth - 1, fault: "fail" });
  await launch(life, "db", { cloudInit });
  await life.idle();
};

const session: Act = async (life) => {
  const id = life.core.dispatcher.world().names.get("web") ?? "";
  const about = { id, session: "s-1" } as const;
  await life.dispatch({ type: "session-start", ...about, kind: "exec", program: "ls", arguments: 0, terminal: false });
  await life.dispatch({ type: "session-end", ...about, result: "0" });
};
const openSession: Act = async (life) => {
  const id = life.core.dispatcher.world().names.get("web") ?? "";
  const about = { id, session: "s-1", kind: "shell", arguments: 0, terminal: true } as const;
  await life.dispatch({ type: "session-start", ...about });
};

/** The guest powers itself off, or its machine breaks. */
const ends: Act = async (life, random) => {
  const cause = random.chance(0.5) ? "guest" : "crash";
  life.happens((machines) => {
    for (const id of machines.machines.keys()) machines.end(id, cause);
  });
  await setKeep(life, 9);
  await life.idle();
};

export const instanceScenarios: readonly Scenario[] = [
  { name: "launch", before: launched("web"), act: launched("db") },
  { name: "first-launch", act: launched("web"), isStartAttacked: true },
  {
    name: "launch-text",
    before: launched("web"),
    act: all(
      (life) => launch(life, "db", { cloudInit }),
      (life) => life.idle(),
    ),
  },
  { name: "launch-cancel", before: launched("web"), act: cancelled },
  { name: "launch-failing", before: launched("web"), act: failing },
  { name: "stop", before: launched("web"), act: about("instance.stop", { force: false }) },
  { name: "stop-force", before: launched("web", "db"), act: about("instance.stop", { force: true }) },
  { name: "start", before: off, act: about("instance.start") },
  { name: "restart", before: launched("web"), act: about("instance.restart", { force: false }) },
  { name: "suspend", before: launched("web"), act: about("instance.suspend") },
  { name: "resume", before: suspended, act: about("instance.start") },
  { name: "rename", before: launched("web"), act: about("instance.rename", { name: "site" }) },
  { name: "set-cpus", before: off, act: set("cpus", "2", "3") },
  { name: "set-memory", before: off, act: set("memory", "2G", "3G") },
  { name: "set-disk", before: launched("web"), act: set("disk", "8G", "9G") },
  { name: "set-autostart", before: launched("web"), act: set("autostart", "yes", "no") },
  { name: "delete", before: launched("web"), act: about("instance.delete", { purge: false }) },
  { name: "recover", before: deleted, act: about("instance.recover") },
  { name: "purge", before: deleted, act: about("instance.purge") },
  { name: "delete-purge", before: launched("web", "db"), act: about("instance.delete", { purge: true }) },
  { name: "replace", before: launched("web"), act: all(about("instance.delete", { purge: true }), launched("web")) },
  { name: "session", before: launched("web"), act: session },
  { name: "session-lost", before: all(launched("web"), openSession), isStartAttacked: true },
  { name: "guest-ends", before: launched("web", "db"), act: ends },
  {
    name: "autostart",
    before: all(launched("web", "db"), set("autostart", "yes", "last")),
    isHostRebooted: true,
    isStartAttacked: true,
  },
  {
    name: "take-up",
    before: all(
      launched("web"),
      (life) => launch(life, "db", { cloudInit }),
      (life) => life.call("instance.stop", { instance: "web", force: false }),
    ),
    isStartAttacked: true,
    act: (life) => life.idle(),
  },
  {
    name: "take-up-purge",
    before: all(launched("web"), (life) => life.call("instance.delete", { instance: "web", purge: true })),
    isStartAttacked: true,
    act: (life) => life.idle(),
  },
];
