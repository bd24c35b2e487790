/**
 * Whether the page's daemon is the one at the port: it is as long as a connection to it stays open. Once the last one is gone
 * another program may listen there, so the page comes back by proofs before it sends its bearer again.
 */
import { comeBack } from "./comeback.ts";
import type { Session } from "./session.ts";

/** An orderly end of the last connection is believed for so long: calls follow each other. */
const believedMs = 2_000;

export interface Trust {
  readonly session: Session;
  /** The bearer, when it may be sent. Throws what coming back throws. */
  bearer(): Promise<string>;
  /** A connection is open. The answer ends it, once; `isBroken`: it was not the page that ended it, nor an answer's end. */
  hold(): (isBroken: boolean) => void;
}

export function createTrust(first: Session): Trust {
  let session = first;
  let open = 0;
  /** One was broken off: the last of the others may end in good order, with what had come before. */
  let hasBroken = false;
  let believedUntil = performance.now() + believedMs;
  let coming: Promise<void> | undefined;

  const back = async () => {
    session = await comeBack(session);
    hasBroken = false;
    believedUntil = performance.now() + believedMs;
  };
  return {
    get session() {
      return session;
    },
    async bearer() {
      const isKnown = open > 0 || performance.now() < believedUntil;
      // Many calls wait for one proof.
      if (!isKnown) await (coming ??= back().finally(() => (coming = undefined)));
      return session.bearer;
    },
    hold() {
      let isOpen = true;
      open += 1;
      return (isBroken) => {
        if (!isOpen) return;
        isOpen = false;
        open -= 1;
        hasBroken ||= isBroken;
        if (open === 0) believedUntil = hasBroken ? 0 : performance.now() + believedMs;
      };
    },
  };
}
