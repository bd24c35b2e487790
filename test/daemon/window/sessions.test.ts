/** Sessions of the window from the invitation to the end, on a clock that stands still until it is moved. */
import { describe, expect, test } from "bun:test";
import { createSessions, resumeMs, ticketMs, tokenMs } from "../../../src/daemon/window/sessions.ts";
import { idleMs, sessionsMax } from "../../../src/daemon/window/table.ts";
import type { EndReason } from "../../../src/daemon/window/session.ts";
import { systemIds } from "../../../src/sys/ids.ts";

const caller = {
  actor: {
    kind: "user",
    id: "unix:1000",
    name: "ada",
    role: "admin",
    via: "unix",
    pid: 7,
    tty: "pts/1",
    login: 1000,
    program: "/usr/bin/strata",
  },
  account: { uid: 1000, gid: 1000 },
} as const;

function bed() {
  let nowMs = 0;
  const told: string[] = [];
  const clock = {
    now: () => new Date(Date.UTC(2026, 10, 20) + nowMs),
    monotonicMs: () => nowMs,
    sleep: () => Promise.reject(new Error("nobody sleeps here")),
    after: () => () => undefined,
  };
  const sessions = createSessions({
    position: () => 7,
    clock,
    ids: systemIds,
    opened: ({ id }) => told.push(`opened ${id}`),
    ended: ({ id }, why: EndReason) => told.push(`${why} ${id}`),
    changed: () => undefined,
  });
  const invite = () => {
    const invited = sessions.invite(caller);
    if (!invited) throw new Error("no invitation");
    return invited;
  };
  const enter = () => {
    const { token, session: id } = invite();
    const grant = sessions.enter(token);
    if (!grant) throw new Error("not let in");
    const session = sessions.ofBearer(grant.bearer);
    if (!session) throw new Error("the bearer is unknown");
    return { id, grant, session };
  };
  return { sessions, invite, enter, told, pass: (ms: number) => (nowMs += ms) };
}

describe("a token", () => {
  test("signs in once", () => {
    const { sessions, invite, told } = bed();
    const { token, session } = invite();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(sessions.enter(token)).toMatchObject({ user: "ada", expires: "2026-11-20T12:00:00.000Z" });
    expect(sessions.enter(token)).toBeUndefined();
    expect(told).toEqual([`opened ${session}`]);
  });

  test("is good for a minute, and not a moment longer", () => {
    const { sessions, invite, pass } = bed();
    const [early, late] = [invite(), invite()];
    pass(tokenMs - 1);
    expect(sessions.enter(early.token)).toBeDefined();
    pass(1);
    expect(sessions.enter(late.token)).toBeUndefined();
  });

  test("that was guessed is none", () => expect(bed().sessions.enter("A".repeat(43))).toBeUndefined());
});

test("what is done through it is the user's who asked, through the window, and of no program that has long ended", () => {
  const { session, id } = bed().enter();
  expect(session.caller).toEqual({
    actor: { kind: "user", id: "unix:1000", name: "ada", role: "admin", via: "gui", session: id, login: 1000 },
    account: { uid: 1000, gid: 1000 },
  });
  expect(session.program).toBe("/usr/bin/strata");
});

describe("coming back", () => {
  test("takes the ticket of the last time, once, and what was before is of no use", () => {
    const { sessions, enter } = bed();
    const { grant, session } = enter();
    let cut = 0;
    sessions.hold(session, () => (cut += 1));
    const again = sessions.resume(grant.resume);
    expect(again).toMatchObject({ user: "ada" });
    expect([sessions.ofBearer(grant.bearer), sessions.resume(grant.resume), cut]).toEqual([undefined, undefined, 1]);
    expect(sessions.ofBearer(again?.bearer ?? "")?.id).toBe(session.id);
    expect(sessions.resume(again?.resume ?? "")).toBeDefined();
  });

  test("is too late after fifteen minutes without use", () => {
    const { sessions, enter, pass } = bed();
    const { grant } = enter();
    pass(resumeMs - 1);
    expect(sessions.ofBearer(grant.bearer)).toBeDefined();
    pass(resumeMs);
    expect(sessions.resume(grant.resume)).toBeUndefined();
    // A page that slept has its bearer still.
    expect(sessions.ofBearer(grant.bearer)).toBeDefined();
  });

  test("a bearer is no ticket, and a ticket no bearer", () => {
    const { sessions, enter } = bed();
    const { grant } = enter();
    expect([sessions.resume(grant.bearer), sessions.ofBearer(grant.resume)]).toEqual([undefined, undefined]);
  });
});

describe("a ticket for a socket", () => {
  test("is good once, for ten seconds, for its session", () => {
    const { sessions, enter, pass } = bed();
    const { session } = enter();
    const [first = "", second = ""] = [sessions.ticket(session), sessions.ticket(session)];
    expect([sessions.ofTicket(first), sessions.ofTicket(first)]).toEqual([session, undefined]);
    pass(ticketMs);
    expect(sessions.ofTicket(second)).toBeUndefined();
  });

  test("ends with its session", () => {
    const { sessions, enter } = bed();
    const { session } = enter();
    const ticket = sessions.ticket(session) ?? "";
    sessions.end(session.id, "left");
    expect(sessions.ofTicket(ticket)).toBeUndefined();
  });

  test("not more are out than may be", () => {
    const { sessions, enter } = bed();
    const { session } = enter();
    const made = Array.from({ length: 300 }, () => sessions.ticket(session));
    expect(made.filter((ticket) => ticket !== undefined)).toHaveLength(256);
  });
});

describe("the end", () => {
  test("comes after twelve hours without use; what is open is use", () => {
    const { sessions, enter, told, pass } = bed();
    const [idle, busy] = [enter(), enter()];
    const release = sessions.hold(busy.session, () => undefined);
    pass(idleMs);
    expect(sessions.list().map(({ id }) => id)).toEqual([busy.id]);
    expect(told.at(-1)).toBe(`idle ${idle.id}`);
    expect(sessions.ofBearer(idle.grant.bearer)).toBeUndefined();
    release();
    pass(idleMs - 1);
    expect(sessions.count()).toBe(1);
    pass(1);
    expect(sessions.count()).toBe(0);
  });

  test("cuts what is open in it, and lets nothing open in it any more", () => {
    const { sessions, enter } = bed();
    const { session, grant } = enter();
    const cut: string[] = [];
    sessions.hold(session, () => cut.push("first"));
    sessions.end(session.id, "revoked");
    sessions.hold(session, () => cut.push("late"));
    expect(cut).toEqual(["first", "late"]);
    expect([sessions.ofBearer(grant.bearer), sessions.resume(grant.resume)]).toEqual([undefined, undefined]);
  });

  test("of all takes back the invitations, too", () => {
    const { sessions, enter, invite } = bed();
    enter();
    const { token } = invite();
    sessions.endAll("revoked");
    expect([sessions.count(), sessions.enter(token)]).toEqual([0, undefined]);
  });
});

test("there are not more sessions and invitations than may be; a late invitation makes room", () => {
  const { sessions, enter, pass } = bed();
  enter();
  for (let count = 1; count < sessionsMax; count++) expect(sessions.invite(caller)).toBeDefined();
  expect(sessions.invite(caller)).toBeUndefined();
  pass(tokenMs);
  expect(sessions.invite(caller)).toBeDefined();
});
