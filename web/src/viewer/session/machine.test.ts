import { describe, expect, it } from "vitest";
import { initial } from "./machine";
import type { HeldState, Input, State } from "./model";
import {
  afterHeartbeat,
  afterRefresh,
  afterValidate,
  beaten,
  body,
  Play,
  refused,
  renewed,
  startAt,
  unreachable,
} from "./support";

describe("redeeming a code", () => {
  it("asks the platform once, however often the button is pressed", () => {
    const play = new Play();
    play.send({ type: "submit", code: "AbC" });
    play.send({ type: "submit", code: "AbC" });
    expect(play.effects.filter((effect) => effect.do === "validate")).toHaveLength(1);
  });

  it("goes to the player for a live event and keeps the code for a reload", () => {
    const play = Play.watching();
    expect(play.state.phase).toBe("watching");
    expect(play.effects).toContainEqual({ do: "remember", code: "AbC" });
  });

  it("waits for an event that has not begun", () => {
    expect(Play.redeemed(body({ status: "not-started" })).state.phase).toBe("waiting");
  });

  it("keeps the text and says the words' code when it is refused", () => {
    const play = new Play();
    play.send({ type: "submit", code: "AbC" });
    play.send(afterValidate(1, refused(401, "invalid_code")));
    expect(play.state).toMatchObject({ phase: "idle", code: "AbC", notice: { kind: "refused", code: "invalid_code" } });
    expect(play.effects).toContainEqual({ do: "forget" });
  });

  it("counts down what the platform's limit says", () => {
    const play = new Play();
    play.send({ type: "submit", code: "AbC" });
    play.send(afterValidate(1, { ...refused(429, "rate_limited"), retryAfterSeconds: 42 }));
    expect(play.state).toMatchObject({ notice: { retryAt: startAt + 42_000 } });
  });

  it.each([
    [true, "offline"],
    [false, "platform_down"],
  ])("tells offline from a platform in trouble (%s)", (offline, kind) => {
    const play = new Play();
    play.send({ type: "restore", code: "AbC" });
    play.send(afterValidate(1, { kind: "unreachable", offline }));
    expect(play.state).toMatchObject({ phase: "idle", code: "AbC", notice: { kind } });
    expect(play.effects).not.toContainEqual({ do: "forget" });
  });

  it("gives a session back that arrives after the page was left", () => {
    const play = new Play();
    play.send({ type: "submit", code: "first" });
    play.send({ type: "leave" });
    play.send({ type: "submit", code: "second" });
    play.send(afterValidate(1, { kind: "ok", body: body() }));
    expect(play.state).toMatchObject({ phase: "redeeming", code: "second" });
    expect(play.last).toEqual([{ do: "release", token: "token-1" }]);
  });
});

describe("a claimed session", () => {
  it("beats every 30 s, in the waiting room too", () => {
    for (const play of [Play.watching(), Play.redeemed(body({ status: "not-started" }))]) {
      play.at += 29_999;
      play.send({ type: "tick" });
      expect(play.last.map((effect) => effect.do)).not.toContain("heartbeat");
      play.at += 1;
      play.send({ type: "tick" });
      expect(play.last).toContainEqual({ do: "heartbeat", token: "token-1", claim: 1 });
    }
  });

  it("never has two heartbeats under way", () => {
    const play = Play.watching();
    play.pass(30_000);
    play.pass(60_000);
    expect(play.effects.filter((effect) => effect.do === "heartbeat")).toHaveLength(1);
  });

  it("beats again 10 s after a heartbeat that reached nobody, and says nothing", () => {
    const play = Play.watching();
    play.pass(30_000);
    play.send(afterHeartbeat(1, unreachable));
    expect(play.state.phase).toBe("watching");
    play.pass(10_000);
    expect(play.last).toContainEqual({ do: "heartbeat", token: "token-1", claim: 1 });
  });

  it("refreshes after 13 to 15 minutes", () => {
    const early = Play.watching();
    early.roll = 0;
    early.pass(13 * 60_000);
    early.send(beaten);
    expect(early.last.map((effect) => effect.do)).not.toContain("refresh");
    early.pass(2 * 60_000);
    expect(early.last).toContainEqual({ do: "refresh", token: "token-1", claim: 1 });
  });

  it("does not refresh a token that already lives as long as the ticket", () => {
    const play = Play.redeemed(body({ expiresInMs: 50 * 60_000, tokenExpiresIn: 51 * 60 }));
    play.pass(16 * 60_000);
    expect(play.effects.map((effect) => effect.do)).not.toContain("refresh");
  });

  it("takes the new token and the new end from a refresh, and leaves the player alone", () => {
    const play = Play.watching();
    play.pass(15 * 60_000);
    play.send(renewed);
    expect(held(play.state)).toMatchObject({ token: "token-2", reloads: 0, expiresAt: startAt + 9e6 });
  });

  it("tries a failed refresh again with growing pauses, never twice a minute", () => {
    const play = Play.watching();
    play.pass(15 * 60_000);
    play.send(afterRefresh(1, unreachable));
    play.pass(59_000);
    expect(play.last.map((effect) => effect.do)).not.toContain("refresh");
    play.send(beaten);
    play.pass(10_000);
    expect(play.last.map((effect) => effect.do)).toContain("refresh");
    play.send(afterRefresh(1, unreachable));
    play.pass(100_000);
    expect(play.last.map((effect) => effect.do)).not.toContain("refresh");
  });

  it("waits as long as a 429 says", () => {
    const play = Play.watching();
    play.pass(15 * 60_000);
    play.send(afterRefresh(1, { ...refused(429, "rate_limited"), retryAfterSeconds: 600 }));
    play.pass(599_000);
    expect(play.last.map((effect) => effect.do)).not.toContain("refresh");
    play.send(beaten);
    expect(play.state.phase).toBe("watching");
    play.pass(1000);
    expect(play.last.map((effect) => effect.do)).toContain("refresh");
  });

  it("ignores the answer to a question of an earlier claim", () => {
    const play = Play.watching();
    play.send(afterHeartbeat(7, refused(403, "ticket_revoked")));
    expect(play.state.phase).toBe("watching");
  });

  it("is released on Back, and the code waits in the field", () => {
    const play = Play.watching();
    play.send({ type: "leave" });
    expect(play.state).toMatchObject({ phase: "idle", code: "AbC", notice: null });
    expect(play.last).toEqual([{ do: "release", token: "token-1" }, { do: "forget" }]);
  });

  it("is released when the page goes, once, and claimed again when it comes back", () => {
    const play = Play.watching();
    play.send({ type: "pageHidden" });
    expect(play.last).toEqual([{ do: "release", token: "token-1" }]);
    play.send({ type: "pageHidden" });
    play.pass(60_000);
    expect(play.last).toEqual([]);
    play.send({ type: "pageRestored" });
    expect(play.last).toEqual([{ do: "validate", code: "AbC", claim: 2 }]);
    play.send(afterValidate(2, { kind: "ok", body: body({ token: "token-2" }) }));
    expect(play.state).toMatchObject({ phase: "watching", held: { token: "token-2", reloads: 1, released: false } });
  });
});

describe("the waiting room", () => {
  const waiting = () => Play.redeemed(body({ status: "not-started", startsInMs: 3_600_000 }));

  it("asks for the status every 30 s with jitter and starts by itself", () => {
    const play = waiting();
    play.roll = 0.5;
    play.pass(36_000);
    expect(play.last).toContainEqual({ do: "status", eventId: "e1", code: "AbC", claim: 1 });
    play.send(status(play, "live"));
    expect(play.state.phase).toBe("watching");
  });

  it("asks every 5 s in the minute before the start", () => {
    const play = Play.redeemed(body({ status: "not-started", startsInMs: 40_000 }));
    play.pass(6000);
    expect(play.last.map((effect) => effect.do)).toContain("status");
  });

  it("opens a recording too, and stays for an event that is over", () => {
    const recording = waiting();
    recording.pass(36_000);
    recording.send(status(recording, "recording"));
    expect(recording.state.phase).toBe("watching");
    const over = waiting();
    over.pass(36_000);
    over.send(status(over, "ended"));
    expect(over.state).toMatchObject({ phase: "waiting", held: { status: "ended" } });
  });

  it("asks the heartbeat what became of a ticket that the status does not know any more", () => {
    const play = waiting();
    play.pass(29_000);
    play.pass(7000);
    play.send(afterHeartbeat(1, { kind: "ok", body: { ok: true } }));
    play.send({ type: "statusAnswered", claim: 1, answer: refused(401, "invalid_code") });
    play.pass(0);
    expect(play.last.map((effect) => effect.do)).toContain("heartbeat");
  });

  it("ends with the platform's word", () => {
    const play = waiting();
    play.pass(36_000);
    play.send({ type: "statusAnswered", claim: 1, answer: refused(403, "event_unavailable") });
    expect(play.state).toMatchObject({ phase: "ended", reason: "event_unavailable" });
  });
});

describe("inputs that mean nothing", () => {
  it("change nothing", () => {
    const play = new Play();
    for (const type of [
      "tick",
      "flowing",
      "missing",
      "retry",
      "online",
      "leave",
      "pageHidden",
      "pageRestored",
    ] as const) {
      play.send({ type });
      expect(play.state).toBe(initial);
    }
  });
});

function held(state: State): HeldState["held"] {
  if (!("held" in state)) throw new Error(`nothing is held in ${state.phase}`);
  return state.held;
}

function status(play: Play, word: "live" | "recording" | "ended"): Input {
  const { startsAt, endsAt } = held(play.state).event;
  const iso = (ms: number) => new Date(ms).toISOString();
  const answer = {
    eventId: "e1",
    status: word,
    startsAt: iso(startsAt),
    endsAt: iso(endsAt),
    serverTime: iso(play.at),
  };
  return { type: "statusAnswered", claim: 1, answer: { kind: "ok", body: answer } };
}
