/** The rules by which a bare machine is made ready. */
import { expect, test } from "bun:test";
import {
  dependenciesOf,
  hasPackageLists,
  installCommand,
  majorOf,
  missingTools,
  rootPrefix,
  sentenceFor,
} from "../../build/bootstrap/plan.mjs";

const hypervisor = {
  name: "qemu-system-x86_64",
  package: "qemu-system-x86",
  for: ["start", "test"],
  why: "runs guests",
};
const terminal = { name: "python3", package: "python3", for: ["test"], why: "gives tests a terminal" };

test("a machine that has everything needs nothing", () => {
  expect(missingTools("test", 1000, () => true)).toEqual([]);
});

test("starting does not ask for what only the tests need", () => {
  const names = missingTools("start", 0, () => false, [hypervisor, terminal]).map((tool) => tool.name);
  expect(names).toEqual(["qemu-system-x86_64"]);
});

test("only what is missing is installed", () => {
  const missing = missingTools("test", 0, (tool) => tool.name === "python3", [hypervisor, terminal]);
  expect(installCommand(missing.map((tool) => tool.package))).toEqual([
    "apt-get",
    "install",
    "--yes",
    "--no-install-recommends",
    "qemu-system-x86",
  ]);
});

test("what only an ordinary user needs is not installed for root", () => {
  const mapping = { name: "newuidmap", package: "uidmap", for: ["start"], isForUsers: true, why: "maps users" };
  expect(missingTools("start", 0, () => false, [mapping])).toEqual([]);
  expect(missingTools("start", 1000, () => false, [mapping])).toEqual([mapping]);
});

test("root installs directly, others through sudo, and without either nobody does", () => {
  expect(rootPrefix(0, false)).toEqual([]);
  expect(rootPrefix(1000, true)).toEqual(["sudo", "-n"]);
  expect(rootPrefix(1000, false)).toBeUndefined();
});

test("a tool that cannot be installed gets one sentence with its name and the command that would", () => {
  const sentence = sentenceFor([hypervisor], true);
  expect(sentence).toBe(
    "error: qemu-system-x86_64 is missing and could not be installed; run: sudo apt-get install --no-install-recommends qemu-system-x86",
  );
  expect(sentence).not.toContain("\n");
});

test("without apt the sentence says what to look for", () => {
  expect(sentenceFor([hypervisor, terminal], false)).toBe(
    "error: qemu-system-x86_64, python3 are missing, and this system has no apt-get: install what Debian calls qemu-system-x86 python3",
  );
});

test("package lists are recognized in every form apt keeps them in", () => {
  expect(hasPackageLists(["lock", "partial"])).toBe(false);
  expect(hasPackageLists(["mirror_dists_bookworm_main_binary-amd64_Packages.lz4"])).toBe(true);
  expect(hasPackageLists(["mirror_dists_bookworm_main_binary-amd64_Packages"])).toBe(true);
});

test("versions and dependencies are read from what Node and package.json say", () => {
  expect(majorOf("v20.20.2")).toBe(20);
  expect(dependenciesOf({ dependencies: { zod: "1" }, devDependencies: { bun: "2" } })).toEqual(["zod", "bun"]);
});
