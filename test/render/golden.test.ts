/** Every noun in every format, as exact text. */
import { describe, expect, test } from "bun:test";
import { commonOptions } from "../../src/commands/command.ts";
import { verbs } from "../../src/commands/index.ts";
import { topics } from "../../src/commands/topics.ts";
import { auditView } from "../../src/render/audit.ts";
import type { VerifyReport } from "../../src/model/audit.ts";
import { capturedView } from "../../src/render/captured.ts";
import { terminalsView } from "../../src/render/terminals.ts";
import { topView } from "../../src/render/top.ts";
import { transferredView } from "../../src/render/transferred.ts";
import { checksView } from "../../src/render/checks.ts";
import { changeView } from "../../src/render/change.ts";
import { daemonView } from "../../src/render/daemon.ts";
import { explanationView } from "../../src/render/explanation.ts";
import { forwardsView } from "../../src/render/forwards.ts";
import { formats, render } from "../../src/render/format.ts";
import { overview, verbPage } from "../../src/render/help.ts";
import { historyView } from "../../src/render/history.ts";
import { foundView, imagesView } from "../../src/render/images.ts";
import { importView } from "../../src/render/import.ts";
import { infoView } from "../../src/render/info.ts";
import { instanceList } from "../../src/render/instances.ts";
import { surfaceOf } from "../../src/commands/multipass/surface.ts";
import { verbs as multipassVerbs } from "../../src/commands/multipass/verbs.ts";
import { multipassManPage } from "../../src/render/man-multipass.ts";
import { manPage } from "../../src/render/man.ts";
import { pointPlanView } from "../../src/render/point-plan.ts";
import { settingsView, settingView } from "../../src/render/settings.ts";
import { showView } from "../../src/render/show.ts";
import { sshConfigView } from "../../src/render/ssh-config.ts";
import { usageView } from "../../src/render/usage.ts";
import { versionView } from "../../src/render/version.ts";
import type { View } from "../../src/render/view.ts";
import { interfacesView, leasesView, networksView, networkView } from "../../src/render/networks.ts";
import { plan } from "./samples-plan.ts";
import { addressView, sessionsView } from "../../src/render/window.ts";
import { windowSessions } from "./samples-window.ts";
import { addresses, interfaces, lab, leases, networks } from "./samples-network.ts";
import { expectGolden } from "../golden.ts";
import {
  captured,
  explanation,
  found,
  history,
  images,
  instances,
  keyHistory,
  page,
  record,
  settings,
  status,
  web,
} from "./samples.ts";
import { checks, usage } from "./samples-host.ts";
import { forwarded, sshHosts, sshPlaces } from "./samples-forward.ts";
import { used } from "./samples-metrics.ts";
import { terminals } from "./samples-terminals.ts";
import { foreignStore, importRows } from "./samples-import.ts";

const intact: VerifyReport = {
  isIntact: true,
  log: "log-1",
  events: 41,
  hash: "c".repeat(64),
  from: "2026-11-20T14:04:08Z",
  to: "2026-11-20T14:09:30Z",
  segments: 1,
  bytes: 20_480,
  roots: 1,
  seals: {
    count: 3,
    holding: 3,
    keys: 1,
    key: "strata/l-5f1c+12345678+AQEB",
    torn: 0,
    anchor: "none",
    newest: { size: 41, root: "c".repeat(64), note: "strata/l-5f1c\n41\n" },
  },
  root: "d".repeat(64),
  witnesses: [{ kind: "head", position: 41, hash: "c".repeat(64), holds: true }],
  tail: { segment: "/data/log/000000000001.jsonl", offset: 20_480, bytes: 12 },
};

const asOf = { time: "2026-11-20T13:00:00.000Z", position: 40, operation: 7 };

const views: Record<string, View> = {
  list: instanceList(instances),
  "list-empty": instanceList([]),
  "list-then": instanceList([web], asOf),
  info: infoView(instances),
  "info-then": infoView([web], asOf),
  history: historyView(history),
  "history-key": historyView(keyHistory, { isOfKey: true }),
  "history-empty": historyView([]),
  captured: capturedView(captured),
  "point-plan": pointPlanView("restore", "web", plan),
  transferred: transferredView({
    target: "web:/home/ubuntu/notes",
    files: 12,
    folders: 3,
    links: 1,
    bytes: 123_456,
    faults: 2,
    durationMs: 840,
  }),
  "captured-late": capturedView({ ...captured, code: 124, isTimedOut: true }),
  show: showView(record),
  "show-window": showView({ ...record, by: { id: "unix:1000", name: "ada", via: "gui", session: "5f0c2a91" } }),
  explain: explanationView(explanation),
  daemon: daemonView(status),
  sessions: sessionsView(windowSessions, 3),
  "sessions-none": sessionsView([], 0),
  "gui-address": addressView({
    url: "http://127.0.0.1:4711/#token=T",
    session: "5f0c2a91",
    expires: "2026-11-20T14:11:00.000Z",
  }),
  networks: networksView(networks),
  "networks-then": networksView(networks, asOf),
  network: networkView(lab, addresses),
  "network-empty": networkView(lab, []),
  leases: leasesView(leases),
  interfaces: interfacesView(interfaces, "only root can"),
  images: imagesView(images),
  found: foundView(found),
  import: importView(foreignStore, importRows),
  usage: usageView(usage),
  checks: checksView(checks),
  forwards: forwardsView(forwarded),
  terminals: terminalsView(terminals),
  top: topView(used),
  "top-empty": topView([]),
  "terminals-empty": terminalsView([]),
  "forwards-empty": forwardsView([web]),
  "info-forwards": infoView(forwarded.slice(0, 1)),
  "ssh-config": sshConfigView(sshHosts, sshPlaces),
  settings: settingsView(settings),
  "settings-then": settingsView(settings, asOf),
  setting: settingView(settings[0] ?? { key: "", value: "", default: "", about: "" }),
  version: versionView("0.1.0", { version: "0.1.0", protocol: 1, pid: 812 }),
  "version-alone": versionView("0.1.0", undefined),
  audit: auditView(intact),
  "audit-damaged": auditView({
    ...intact,
    isIntact: false,
    events: 12,
    damage: {
      kind: "log-damaged",
      what: "the hash does not fit",
      segment: "/data/log/000000000001.jsonl",
      offset: 2053,
      position: 13,
    },
  }),
  change: changeView([
    {
      name: "web",
      instance: web,
      operation: { id: "op-3", number: 3, kind: "stop", requestedAt: "2026-11-20T14:09:12.000Z" },
      durationMs: 600,
    },
    { name: "db" },
  ]),
};

describe.each(Object.keys(views))("%s", (name) => {
  test.each([...formats, "quiet"] as const)("as %s", async (format) => {
    const view = views[name];
    if (!view) throw new Error(name);
    expectGolden(`render/${name}.${format}`, await render(view, format, page));
  });
});

test("a narrow terminal cuts the columns that may be cut, and no line is wider", async () => {
  const text = await render(instanceList(instances), "table", { ...page, columns: 80 });
  expectGolden("render/list-narrow.table", text);
  for (const [name, view] of [
    ["found", foundView(found)],
    ["images", imagesView(images)],
  ] as const) {
    const narrow = await render(view, "table", { ...page, columns: 100 });
    expectGolden(`render/${name}-narrow.table`, narrow);
    expect(Math.max(...narrow.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  }
  const short = await render(historyView(history), "table", { ...page, columns: 60 });
  expect(
    Math.max(
      ...short
        .split("\n")
        .slice(0, 2)
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(60);
});

test("colours appear only where they are wanted", async () => {
  expect(await render(instanceList(instances), "table", { ...page, color: true })).toContain("\u001b[32mRunning");
  expect(await render(instanceList(instances), "table", page)).not.toContain("\u001b");
});

test("nothing that a guest or a user named reaches a terminal as a control character", async () => {
  for (const format of [...formats, "quiet"] as const) {
    expect(await render(instanceList(instances), format, page)).not.toMatch(
      // oxlint-disable-next-line no-control-regex
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/,
    );
  }
});

test("JSON and YAML say the same", async () => {
  const { parse } = await import("yaml");
  for (const view of Object.values(views)) {
    expect(parse(await render(view, "yaml", page))).toEqual(JSON.parse(await render(view, "json", page)));
  }
});

test("the documents of our own verbs carry their schema", () => {
  for (const view of Object.values(views)) expect(view.document).toHaveProperty("schema", 1);
});

test("help", () => {
  expectGolden("help/overview.txt", overview(verbs, topics));
  for (const verb of verbs) expectGolden(`help/${verb.name}.txt`, verbPage(verb, commonOptions));
  for (const topic of topics) expectGolden(`help/topic-${topic.name}.txt`, topic.page());
});

test("no line of help is wider than a terminal", () => {
  const pages = [
    overview(verbs, topics),
    ...verbs.map((verb) => verbPage(verb, commonOptions)),
    ...topics.map((topic) => topic.page()),
  ];
  const wide = pages.flatMap((text) => text.split("\n")).filter((line) => line.length > 100);
  expect(wide).toEqual([]);
});

test("the manual pages", () => {
  const common = surfaceOf(multipassVerbs).common;
  expectGolden(
    "multipass.1",
    multipassManPage({ verbs: multipassVerbs, commonOptions: common, version: "0.1.0", date: "2026-11-20" }),
  );
  expectGolden("strata.1", manPage({ verbs, commonOptions, topics, version: "0.1.0", date: "2026-11-20" }));
});
