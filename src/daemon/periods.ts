/** How long the daemon gives to what users and it itself ask for, and to the trash. */

/** From the image to a guest that answers. */
export const launchMs = 600_000;
/** Longer than the grace that a guest gets to shut down, so that cutting the power still fits. */
export const stopMs = 150_000;
export const purgeMs = 120_000;
/** A disk of some hundred gigabytes, read once for each snapshot inside it. */
export const importMs = 6 * 3_600_000;
/** How long the trash keeps a deleted instance. */
export const trashMs = 7 * 86_400_000;
/** How long a present that was left is kept as a branch. */
export const branchMs = 7 * 86_400_000;
