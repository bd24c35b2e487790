/** The line to the daemon: live, lost and tried again, or over. Everything else of the page stays as it is meanwhile. */
import { type Signal, signal } from "@preact/signals";
import { messageOf } from "../../errors.ts";
import type { Api } from "../api/client.ts";
import { endedCode, isCode } from "../api/faults.ts";
import { type FeedState, fresh, heard, refreshed, type Stale } from "../pure/feed.ts";
import { waitBefore } from "../pure/backoff.ts";

export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** `attempts` failed so far; `why` is the last reason. */
  | { readonly kind: "lost"; readonly attempts: number; readonly why: string }
  /** The session ended: only `strata gui` helps. */
  | { readonly kind: "ended" };

export interface FeedPort {
  readonly api: Api;
  /** Everything anew: at first, and after each gap. Answers a position that what was asked is not older than. */
  load(isFirst: boolean): Promise<number>;
  /** Asks what is out of date. Called again only when it has ended. */
  refresh(stale: Stale): Promise<void>;
}

export interface Line {
  readonly connection: Signal<Connection>;
  /** Of the newest event that was heard. */
  readonly position: Signal<number>;
  /** How often it went live: what listens to the daemon by itself begins anew with it. */
  readonly lives: Signal<number>;
  close(): void;
}

/** Answers of before are asked anew so soon after an event, for others come with it, and at most so often. */
const [refreshAfterMs, refreshEveryMs] = [30, 500];

/** Keeps the feed open until it is closed; a window that nobody sees gives its connection to others. */
export function keepLine({ api, load, refresh }: FeedPort): Line {
  const connection = signal<Connection>({ kind: "connecting" });
  const position = signal(0);
  const lives = signal(0);
  const closing = new AbortController();
  let attempts = 0;

  async function follow(): Promise<void> {
    let state: FeedState = { position: await load(lives.peek() === 0), stale: fresh };
    position.value = state.position;
    attempts = 0;
    connection.value = { kind: "live" };
    lives.value += 1;
    const ending = new AbortController();
    const hide = () => document.hidden && ending.abort();
    document.addEventListener("visibilitychange", hide);
    const refreshing = createRefresher(async () => {
      const { stale } = state;
      state = refreshed(state);
      await refresh(stale);
    });
    try {
      const signal = AbortSignal.any([closing.signal, ending.signal]);
      for await (const event of api.stream("event.feed", { after: state.position, follow: true }, signal)) {
        state = heard(state, event);
        position.value = state.position;
        refreshing.ask();
      }
    } finally {
      document.removeEventListener("visibilitychange", hide);
      refreshing.close();
    }
  }

  async function keep(): Promise<void> {
    while (!closing.signal.aborted) {
      await seen(closing.signal);
      let why = "the daemon ended the feed";
      try {
        await follow();
      } catch (error) {
        if (closing.signal.aborted) return;
        if (isCode(error, endedCode)) {
          connection.value = { kind: "ended" };
          return;
        }
        if (document.hidden) continue;
        why = messageOf(error);
      }
      attempts += 1;
      connection.value = { kind: "lost", attempts, why };
      await pause(waitBefore(attempts), closing.signal);
    }
  }
  void keep();
  return { connection, position, lives, close: () => closing.abort() };
}

/** Runs `work` soon after it is asked for, never twice at once, and once more when it was asked for meanwhile. */
function createRefresher(work: () => Promise<void>) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  let isRunning = false;
  let isAsked = false;
  let isClosed = false;
  const run = async () => {
    timer = undefined;
    isRunning = true;
    isAsked = false;
    lastMs = performance.now();
    // A daemon that goes away is noticed by the feed itself.
    await work().catch(() => undefined);
    isRunning = false;
    if (isAsked) ask();
  };
  const ask = () => {
    isAsked = true;
    const waitMs = Math.max(refreshAfterMs, lastMs + refreshEveryMs - performance.now());
    if (!isRunning && !isClosed) timer ??= setTimeout(() => void run(), waitMs);
  };
  return {
    ask,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** Waits, or less long when the network comes back or the window is looked at. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    globalThis.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}

/** Waits while nobody sees the window. */
function seen(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      signal.removeEventListener("abort", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look);
  });
}
