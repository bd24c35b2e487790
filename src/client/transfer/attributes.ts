/** What is kept of a file besides its content, in the limits of SFTP version 3. */

/** Not the bits that make a program run as its owner: a guest could give them to a file of the caller. */
export const rightsMask = 0o777;
const secondsMax = 2 ** 32 - 1;

/** Whole seconds since 1970; what is before or long after counts as the nearest that can be said. */
export const secondsOf = (seconds: number): number => Math.min(secondsMax, Math.max(0, Math.floor(seconds) || 0));
