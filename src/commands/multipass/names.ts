/** Names of instances and snapshots, as the reference allows them. */
const namePattern = /^[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;

export const isName = (text: string): boolean => namePattern.test(text);
