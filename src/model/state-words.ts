/** Multipass's words for an instance's state. */
export const stateWords = [
  "Starting",
  "Running",
  "Restarting",
  "Stopping",
  "Stopped",
  "Suspending",
  "Suspended",
  "Deleted",
  "Crashed",
] as const;
