/** `strata completion`: a script that makes a shell complete our words. Needs no daemon. */
import { exitCodes } from "../errors.ts";
import { defineVerb } from "./command.ts";

/** Each script hands the words up to the cursor to the hidden verb (client/complete.ts) and shows what that answers. */
const scripts: Readonly<Record<string, () => Promise<{ default: string }>>> = {
  bash: () => import("./completion/bash.txt", { with: { type: "text" } }),
  zsh: () => import("./completion/zsh.txt", { with: { type: "text" } }),
  fish: () => import("./completion/fish.txt", { with: { type: "text" } }),
};
const shells = Object.keys(scripts);

export const completion = defineVerb({
  name: "completion",
  aliases: [],
  group: "strata itself",
  summary: "Print a completion script for a shell",
  about: [
    "The script asks strata for candidates at each Tab: verbs, options and their values, and names that the daemon knows, if one runs. None is started for it.",
    "It serves the name multipass too, with the words of that name. Shells that look for a file by the command's name want a second one: a link to the first.",
    'For the shell of this moment: eval "$(strata completion bash)", or strata completion fish | source.',
  ],
  arguments: [{ name: "SHELL", about: shells.join(", "), required: true, many: false, choices: shells }],
  options: {},
  examples: [
    { line: "strata completion bash > ~/.local/share/bash-completion/completions/strata", about: "bash-completion" },
    { line: "strata completion zsh > ~/.zfunc/_strata", about: "a folder of fpath" },
    { line: "strata completion fish > ~/.config/fish/completions/strata.fish", about: "fish" },
  ],
  async run({ stdout }, { words: [shell = ""] }) {
    const script = await scripts[shell]?.();
    stdout.write(script?.default ?? "");
    return exitCodes.ok;
  },
});
