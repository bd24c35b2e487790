import { expect, test } from "bun:test";
import { newestMachine, parseHardware } from "../../../src/drivers/qemu/hardware.ts";

const help = `Supported machines are:
microvm              microvm (i386)
pc                   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)
q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-10.1)
pc-q35-9.2           Standard PC (Q35 + ICH9, 2009)
pc-q35-10.1          Standard PC (Q35 + ICH9, 2009)
pc-q35-2.12          Standard PC (Q35 + ICH9, 2009) (deprecated)
virt-8.0             QEMU 8.0 ARM Virtual Machine
`;

test("the newest version is the largest number, not the last word", () => {
  expect(newestMachine(help, "x86_64")).toBe("pc-q35-10.1");
  expect(newestMachine(help, "aarch64")).toBe("virt-8.0");
  expect(newestMachine("Supported machines are:\n", "x86_64")).toBeUndefined();
});

test("an alias, another driver or a later layout is no hardware of ours", () => {
  const good = { driver: "qemu", architecture: "x86_64", machine: "pc-q35-7.2", layout: 1 };
  expect(parseHardware(good).machine).toBe("pc-q35-7.2");
  for (const bad of [
    { ...good, machine: "q35" },
    { ...good, driver: "fake" },
    { ...good, layout: 2 },
  ])
    expect(() => parseHardware(bad)).toThrow("not one that this build can make");
});
