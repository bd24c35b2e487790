/** The hidden verb that completion scripts call; apart from what answers it, which a command need not load. */

const completeWord = "__complete";

/** The words that are asked about, the one under the cursor last; undefined: it is no such call. */
export const completionCall = (argv: readonly string[]): readonly string[] | undefined =>
  argv[0] === completeWord ? argv.slice(argv[1] === "--" ? 2 : 1) : undefined;
