/** What is sent to QEMU for the cable of a machine's first card. */
import { expect, test } from "bun:test";
import type { Life } from "../../../src/drivers/qemu/life.ts";
import type { Qmp } from "../../../src/drivers/qemu/qmp.ts";
import { holdBack, letIn } from "../../../src/drivers/qemu/set-link.ts";

/** Whether the cable is in after each step. */
async function after(...steps: readonly ((life: Life, qmp: Qmp) => Promise<void> | void)[]): Promise<unknown[]> {
  const sent: unknown[] = [];
  const qmp = { execute: async (command: string, words: object) => void sent.push([command, words]) } as unknown as Qmp;
  const life = { isDetached: false } as Life;
  for (const step of steps) await step(life, qmp);
  return sent;
}
const cable = (up: boolean) => ["set_link", { name: "net0", up }];
const detached = (life: Life) => void (life.isDetached = true);

test("a stranger gets its cable when it knows who it is", async () =>
  expect(await after(holdBack, letIn)).toEqual([cable(false), cable(true)]));

test("but not one that was detached meanwhile", async () =>
  expect(await after(holdBack, detached, letIn)).toEqual([cable(false)]));

test("what was detached in an earlier run is told anew", async () =>
  expect(await after(detached, holdBack, letIn)).toEqual([cable(false), cable(true)]));
