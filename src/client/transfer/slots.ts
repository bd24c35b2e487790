/** Work side by side, up to a number of pieces. */

export interface Slots {
  /** Resolves when there is room for one more. */
  take(): Promise<void>;
  give(): void;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    take: async () => {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
    },
    give: () => {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    },
  };
}

/** Starts pieces of work as there is room; the first failure is thrown by whatever is asked next. */
export function createCrew(slots: Slots) {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const check = () => {
    if (failures.length > 0) throw failures[0];
  };
  return {
    start: async (work: () => Promise<void>): Promise<void> => {
      await slots.take();
      const piece: Promise<void> = work()
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          slots.give();
          running.delete(piece);
        });
      running.add(piece);
      check();
    },
    /** Resolves when all that was started is over, however that was; does not throw. */
    settle: async (): Promise<void> => {
      await Promise.all(running);
    },
    check,
  };
}
