/** What a driver can tell of what its machines use. */

/** Since the start of the machine; what cannot be told is absent. */
export interface Counters {
  /** Processor time of the machine with its hypervisor. */
  readonly cpuSeconds?: number;
  /** What it has of the host's memory now. */
  readonly residentBytes?: number;
  /** Of its disk, as its guest asked for them. */
  readonly diskReadBytes?: number;
  readonly diskWrittenBytes?: number;
}

export interface MetricSupport {
  /** Waits for nothing else that is done with the machine, and nothing waits for it. Throws `machine-not-running`. */
  read(id: string, signal: AbortSignal): Promise<Counters>;
}
