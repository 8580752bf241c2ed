/** Answers that come late, together, or to a question that somebody else has answered. */
import { describe, expect, it } from "vitest";
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

const asked = (play: Play) => play.last.map((effect) => effect.do);

describe("questions of one session", () => {
  it("are never a heartbeat and a refresh at once: after a sleep the refresh goes first", () => {
    const play = Play.watching();
    play.pass(2 * 3_600_000);
    expect(asked(play)).toEqual(["refresh"]);
    play.send(renewed);
    play.pass(1000);
    expect(play.last).toEqual([{ do: "heartbeat", token: "token-2", claim: 1 }]);
  });

  it("share a refresh that is under way when the edge calls the token expired", () => {
    const play = Play.watching();
    play.pass(15 * 60_000);
    play.send({ type: "refused", code: "token_expired" });
    expect(asked(play)).toEqual([]);
    play.send(renewed);
    expect(play.state).toMatchObject({ phase: "watching", held: { token: "token-2", reloads: 1 } });
  });

  it("wait for the heartbeat under way, and follow it at once", () => {
    const play = Play.watching();
    play.pass(30_000);
    play.send({ type: "refused", code: "ticket_revoked" });
    expect(asked(play)).toEqual([]);
    play.send(beaten);
    expect(play.state.phase, "an answer from before the refusal proves nothing").toBe("confirming");
    expect(asked(play)).toEqual(["heartbeat"]);
    play.send(afterHeartbeat(1, refused(403, "ticket_revoked")));
    expect(play.state).toMatchObject({ phase: "ended", reason: "ticket_revoked" });
  });

  it("of an ended session disturb no later one", () => {
    const play = Play.watching();
    play.pass(30_000);
    play.send({ type: "leave" });
    play.send({ type: "submit", code: "XyZ" });
    play.send(afterHeartbeat(1, refused(403, "ticket_revoked")));
    play.send(renewed);
    play.send(afterValidate(2, { kind: "ok", body: body({ token: "token-9" }) }));
    expect(play.state).toMatchObject({ phase: "watching", held: { token: "token-9", claim: 2 } });
    play.send(afterRefresh(1, refused(403, "ticket_revoked")));
    expect(play.state.phase).toBe("watching");
  });
});

describe("a page that was put away", () => {
  it("gives a session back that arrives afterwards", () => {
    const play = Play.watching();
    play.send({ type: "pageHidden" });
    play.send({ type: "pageRestored" });
    play.send({ type: "pageHidden" });
    play.send(afterValidate(2, { kind: "ok", body: body({ token: "token-2" }) }));
    expect(play.last).toEqual([{ do: "release", token: "token-2" }]);
    play.send({ type: "pageRestored" });
    expect(play.last).toEqual([{ do: "validate", code: "AbC", claim: 3 }]);
  });

  it("thinks nothing of the edge's refusal of what it released itself", () => {
    const play = Play.watching();
    play.send({ type: "pageHidden" });
    play.send({ type: "refused", code: "session_ended" });
    expect(play.state.phase).toBe("watching");
    expect(play.last).toEqual([]);
  });
});

describe("an outage with refusals", () => {
  it("never ends the access: an unexplained 403 counts only beside a platform that answers", () => {
    const play = Play.watching();
    for (let round = 0; round < 4; round += 1) {
      play.send({ type: "refused", code: "unknown" });
      play.send(afterHeartbeat(1, unreachable));
      play.pass(60_000);
      play.send(afterRefresh(1, unreachable));
      expect(play.state.phase).toBe("reconnecting");
      play.pass(15_000);
    }
  });

  it("is no wrong code at the entry", () => {
    const play = new Play();
    play.send({ type: "submit", code: "AbC" });
    play.send(afterValidate(1, refused(403, "unknown")));
    expect(play.state).toMatchObject({ phase: "idle", notice: { kind: "platform_down" } });
    expect(play.last).toEqual([]);
  });

  it("ends each attempt: one of which nothing is heard fails after 20 s", () => {
    const play = Play.watching();
    play.roll = 1;
    play.send({ type: "trouble", retryAfterSeconds: null });
    play.pass(1000);
    play.pass(19_999);
    expect(play.state).toMatchObject({ retryAt: null, held: { attempt: 1 } });
    play.pass(1);
    expect(play.state).toMatchObject({ phase: "reconnecting", retryAt: play.at + 2000, held: { attempt: 2 } });
  });
});

describe("the date of an end", () => {
  it("is the platform's when the organizer has moved it", () => {
    const play = Play.watching();
    play.pass(30_000);
    const expiredAt = new Date(startAt - 60_000).toISOString();
    play.send(afterHeartbeat(1, { ...refused(410, "ticket_expired"), expiredAt }));
    expect(play.state).toMatchObject({ reason: "access_ended", expiresAt: startAt - 60_000 });
  });

  it("is not named while it lies ahead", () => {
    const play = Play.watching();
    play.send({ type: "refused", code: "access_denied" });
    play.send(renewed);
    play.send({ type: "refused", code: "access_denied" });
    expect(play.state).toMatchObject({ reason: "access_ended", expiresAt: null });
  });
});

it("a lapsed session is taken back behind a picture that plays on", () => {
  const play = Play.watching();
  play.pass(30_000);
  play.send(afterHeartbeat(1, { ...refused(404, "session_not_found"), reason: "lapsed" }));
  expect(play.state).toMatchObject({ phase: "confirming", suspicion: { kind: "lapse" } });
});
