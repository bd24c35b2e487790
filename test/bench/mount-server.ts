/**
 * The helper that serves mounts against OpenSSH's `sftp-server`, each behind an sshfs on this machine: one large file and many small
 * ones, each way, in pairs that take turns. `bun test/bench/mount-server.ts [MIB [FILES [PAIRS]]]`, as root; the goals are for
 * 1024 MiB and 10000 files.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary } from "../e2e/harness.ts";
import { canMount, helperCommand, mountBySshfs, type Mounted } from "../mounts/sshfs.ts";
import { compare, type Compared, inTime, median } from "./measure.ts";
import { type Row, tableOf } from "./row.ts";

const [mebibytes = "256", count = "2000", pairs = "3"] = process.argv.slice(2);
const speedMin = 0.8;
const smallBytes = 1000;
const patienceMs = 600_000;
const sftpServer = "/usr/lib/openssh/sftp-server";

interface Side {
  readonly source: string;
  readonly mounted: Mounted;
}

if (!canMount) throw new Error("root, /dev/fuse, sshfs and nsenter are needed");
const directory = mkdtempSync(join(tmpdir(), "strata-bench-"));
chmodSync(directory, 0o755);
const archive = join(directory, "small.tar");
const sides: Side[] = [];
try {
  makeArchive();
  const [ours, bare] = [await open("ours"), await open("bare")];
  console.log(tableOf(await measure(ours, bare)));
} finally {
  for (const { mounted } of sides) await mounted.close();
  rmSync(directory, { recursive: true, force: true });
}

async function open(name: "ours" | "bare"): Promise<Side> {
  const source = join(directory, name);
  mkdirSync(source);
  // What a client of sftp-server asks for is relative to where it was started.
  const server =
    name === "ours" ? helperCommand({ source }, [binary]) : ["sh", "-c", `cd ${source} && exec ${sftpServer}`];
  const side = { source, mounted: await mountBySshfs(server, name === "ours" ? ":/" : ":") };
  sides.push(side);
  return side;
}

async function measure(ours: Side, bare: Side): Promise<Row[]> {
  const size = `bs=1M count=${mebibytes} status=none`;
  let turns = 0;
  /** Each turn in a folder of its own, which no cache knows. `prepare`, on the host, is not counted. */
  const row = async (what: string, line: string, prepare = "true"): Promise<Row> => {
    const turn = async ({ source, mounted }: Side) => {
      const folder = `turn-${++turns}`;
      await sh(`cd ${source}; rm -rf turn-*; mkdir ${folder}; cd ${folder}; ${prepare}; sync -f .`);
      return async () => void (await mounted.shell(`cd ${folder}; ${line}`, patienceMs));
    };
    const compared: Compared[] = [];
    for (let pair = 0; pair < Number(pairs); pair++) {
      const [mine, theirs] = [await turn(ours), await turn(bare)];
      // Who goes first finds the disk as the other one did not leave it: so they take turns in that as well.
      if (pair % 2 === 0) compared.push(await compare(1, mine, theirs));
      else {
        const { ours: theirsMs, bare: mineMs } = await compare(1, theirs, mine);
        compared.push({ ours: mineMs, bare: theirsMs, ratio: mineMs / theirsMs });
      }
    }
    return rowOf(what, compared);
  };
  const small = `tar -xf ${archive}`;
  return [
    await row(`${mebibytes} MiB written`, `dd if=/dev/zero of=large ${size} conv=fsync`),
    await row(
      `${mebibytes} MiB read`,
      "dd if=large of=/dev/null bs=1M status=none",
      `dd if=/dev/zero of=large ${size}`,
    ),
    await row(`${count} files made`, small),
    await row(`${count} files read`, "tar -cf - small | cat >/dev/null", small),
    await row(`${count} files listed`, "ls -lR small >/dev/null", small),
    await row(`${count} files removed`, "rm -rf small", small),
  ];
}

function rowOf(what: string, compared: readonly Compared[]): Row {
  const middle = (of: keyof Compared) => median(compared.map((one) => one[of]));
  const ratio = middle("ratio");
  return {
    what: `${what}; bare: sftp-server`,
    ours: inTime(middle("ours")),
    bare: inTime(middle("bare")),
    ratio,
    goal: { text: `at least ${speedMin} of its speed`, isMet: ratio <= 1 / speedMin },
  };
}

function makeArchive(): void {
  const small = join(directory, "small");
  const content = crypto.getRandomValues(new Uint8Array(smallBytes));
  for (let index = 0; index < Number(count); index++) {
    const folder = join(small, String(index % 10));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${index}`), content);
  }
  Bun.spawnSync(["tar", "-cf", archive, "-C", directory, "small"]);
  rmSync(small, { recursive: true });
}

async function sh(line: string): Promise<void> {
  const run = Bun.spawn(["sh", "-ec", line], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
  if ((await run.exited) !== 0) throw new Error(`this failed: ${line}`);
}
