/** What people bring from other tools: verbs, and options, and what does that job here. */
import { lineOf } from "../model/shell-line.ts";

interface Habit {
  /** `...` stands for what followed the verb. */
  readonly line: string;
  /** When nothing followed. */
  readonly alone?: string;
  /** What may have been meant as well. */
  readonly or?: string;
}

const launch = { line: "strata launch ..." };
const start = { line: "strata start ...", alone: "strata start --all", or: "strata launch (a new one)" };
const stop = { line: "strata stop ...", alone: "strata stop --all" };
const info = { line: "strata info ..." };
const shell = { line: "strata shell ..." };
const transfer = { line: "strata transfer ..." };
const history = { line: "strata history ..." };

const habits: Readonly<Record<string, Habit>> = {
  run: { ...launch, or: "strata exec INSTANCE -- COMMAND (in one that runs)" },
  create: launch,
  new: launch,
  init: launch,
  add: launch,
  up: start,
  boot: start,
  down: stop,
  halt: stop,
  poweroff: stop,
  shutdown: stop,
  kill: { line: "strata stop ... --force", alone: "strata list" },
  reboot: { line: "strata restart ...", alone: "strata restart --all" },
  reset: { line: "strata restart ... --force", alone: "strata list" },
  pause: { line: "strata suspend ...", alone: "strata list" },
  hibernate: { line: "strata suspend ...", alone: "strata list" },
  resume: { ...start, or: "strata list" },
  destroy: { line: "strata delete ... --purge", alone: "strata list" },
  remove: { line: "strata delete ...", alone: "strata list" },
  undelete: { line: "strata recover ...", alone: "strata list" },
  checkpoint: { line: "strata snapshot ..." },
  snapshots: { line: "strata history ... --tree", alone: "strata history --tree" },
  revert: { line: "strata restore ...", alone: "strata undo" },
  prune: { line: "strata purge" },
  logs: { line: "strata console ...", alone: "strata history", or: "strata history INSTANCE (what was done)" },
  log: history,
  tmux: { line: "strata attach ...", or: "strata shell INSTANCE --keep (a new one)" },
  screen: { line: "strata attach ...", or: "strata shell INSTANCE --keep (a new one)" },
  connect: shell,
  login: shell,
  enter: shell,
  status: { line: "strata info ...", alone: "strata list", or: "strata daemon status" },
  describe: info,
  state: info,
  config: { line: "strata get ...", or: "strata set KEY=VALUE" },
  settings: { line: "strata get ..." },
  image: { line: "strata images" },
  scp: transfer,
  sftp: { ...transfer, alone: "strata help transfer" },
  rsync: transfer,
  copy: transfer,
  "copy-files": transfer,
  push: transfer,
  pull: transfer,
  upload: transfer,
  download: transfer,
  du: { line: "strata df" },
  check: { line: "strata doctor" },
  server: { line: "strata daemon run" },
  serve: { line: "strata daemon run" },
};

/** Every such verb, for the one that was meant by a slip. */
export const habitWords: readonly string[] = Object.keys(habits);

/** The line that does what `word` does elsewhere, with the words that followed it, and an alternative. */
export function habitOf(word: string, rest: readonly string[]): { line: string; or: string | undefined } | undefined {
  const habit = Object.hasOwn(habits, word) ? habits[word] : undefined;
  if (!habit) return undefined;
  const line = rest.length === 0 && habit.alone !== undefined ? habit.alone : habit.line;
  return { line: line.replace(/ ?\.\.\./, () => (rest.length === 0 ? "" : ` ${lineOf(rest)}`)), or: habit.or };
}

/** Options of other tools, by the name they have here. */
export const optionHabits: Readonly<Record<string, string>> = {
  ram: "memory",
  vcpus: "cpus",
  cores: "cpus",
  hostname: "name",
  size: "disk",
  storage: "disk",
  workdir: "working-directory",
  cwd: "working-directory",
  tag: "label",
  ttl: "expires",
  rm: "ephemeral",
  background: "detach",
  "no-wait": "detach",
  message: "reason",
  output: "format",
  tail: "lines",
  last: "limit",
};

/** Options of other tools that ask for what strata does anyway. */
export const needless: ReadonlySet<string> = new Set(
  "--all -a --force -f --yes -y --interactive -i --tty -t -it -ti --rm".split(" "),
);
