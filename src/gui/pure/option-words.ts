/** An option of a command line, where there is a value for it. */
export const optionWords = (option: string, value: string): readonly string[] =>
  value.trim() === "" ? [] : [option, value.trim()];
