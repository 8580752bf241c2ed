import { describe, expect, it } from "vitest";
import type { Failure, Input } from "./model";
import { afterHeartbeat, afterValidate, body, Play, refused, renewed, startAt, unreachable } from "./support";

const revokedAtEdge: Input = { type: "refused", code: "ticket_revoked" };

describe("a refusal from the edge", () => {
  it("is confirmed with the platform before a word is said", () => {
    const play = Play.watching();
    play.send(revokedAtEdge);
    expect(play.state.phase).toBe("confirming");
    expect(play.last).toEqual([{ do: "heartbeat", token: "token-1", claim: 1 }]);
    play.send(afterHeartbeat(1, refused(403, "ticket_revoked")));
    expect(play.state).toMatchObject({ phase: "ended", reason: "ticket_revoked" });
    expect(play.last).toEqual([{ do: "forget" }]);
  });

  it("calls nobody revoked while the platform is down", () => {
    const play = Play.watching();
    play.send(revokedAtEdge);
    play.send(afterHeartbeat(1, unreachable));
    expect(play.state).toMatchObject({ phase: "reconnecting", exhausted: false });
  });

  it("is tried again when the platform knows of no reason", () => {
    const play = Play.watching();
    play.send(revokedAtEdge);
    play.send(afterHeartbeat(1, { kind: "ok", body: { ok: true } }));
    expect(play.state).toMatchObject({ phase: "reconnecting", held: { attempt: 1 } });
  });

  it("token_expired: refreshes and goes on", () => {
    const play = Play.watching();
    play.send({ type: "refused", code: "token_expired" });
    expect(play.last).toEqual([{ do: "refresh", token: "token-1", claim: 1 }]);
    play.send(renewed);
    expect(play.state).toMatchObject({ phase: "watching", held: { token: "token-2", reloads: 1 } });
  });

  it("token_expired again at once: pauses grow, refreshes do not", () => {
    const play = Play.watching();
    play.send({ type: "refused", code: "token_expired" });
    play.send(renewed);
    play.send({ type: "refused", code: "token_expired" });
    expect(play.state.phase).toBe("reconnecting");
    expect(play.last).toEqual([]);
  });

  it("of any other kind gets one refresh, then the end", () => {
    const play = Play.watching();
    play.send({ type: "refused", code: "access_denied" });
    play.send(renewed);
    expect(play.state.phase).toBe("watching");
    play.send({ type: "refused", code: "access_denied" });
    expect(play.state).toMatchObject({ phase: "ended", reason: "access_ended" });
  });

  it("is forgotten once the picture moves again", () => {
    const play = Play.watching();
    play.send({ type: "refused", code: "access_denied" });
    play.send(renewed);
    play.send({ type: "flowing" });
    play.at += 120_000;
    play.send({ type: "refused", code: "access_denied" });
    expect(play.state.phase).toBe("confirming");
  });

  it("waits for the minute between two refreshes", () => {
    const play = Play.watching();
    play.send({ type: "refused", code: "access_denied" });
    play.send(renewed);
    play.send({ type: "flowing" });
    play.send({ type: "refused", code: "access_denied" });
    expect(play.state).toMatchObject({ phase: "confirming", askAt: startAt + 60_000 });
    play.pass(60_000);
    expect(play.last.map((effect) => effect.do)).toContain("refresh");
  });
});

describe("a session that no longer holds", () => {
  it.each(["superseded", "superseded_same_device", "kicked"])("%s: says so", (reason) => {
    const play = Play.watching();
    play.send({ type: "refused", code: "session_ended" });
    play.send(afterHeartbeat(1, { ...refused(409, "session_conflict"), reason }));
    expect(play.state).toMatchObject({ phase: "ended", reason, code: "AbC" });
  });

  it.each(["lapsed", "expired", "released"])("%s: is claimed again silently", (reason) => {
    const play = Play.watching();
    play.pass(30_000);
    play.send(afterHeartbeat(1, { ...refused(404, "session_not_found"), reason }));
    expect(play.state.phase).toBe("confirming");
    expect(play.last).toEqual([{ do: "validate", code: "AbC", claim: 2 }]);
    play.send(afterValidate(2, { kind: "ok", body: body({ token: "token-2" }) }));
    expect(play.state).toMatchObject({ phase: "watching", held: { token: "token-2", reloads: 1 } });
  });

  it("is claimed again once, then it is inactivity", () => {
    const play = lapsedAndReclaimed();
    play.pass(30_000);
    play.send(afterHeartbeat(2, { ...refused(404, "session_not_found"), reason: "lapsed" }));
    expect(play.state).toMatchObject({ phase: "ended", reason: "inactive" });
  });

  it("may be claimed again after a heartbeat succeeded", () => {
    const play = lapsedAndReclaimed();
    play.pass(30_000);
    play.send(afterHeartbeat(2, { kind: "ok", body: { ok: true } }));
    play.pass(30_000);
    play.send(afterHeartbeat(2, { ...refused(404, "session_not_found"), reason: "lapsed" }));
    expect(play.last).toEqual([{ do: "validate", code: "AbC", claim: 3 }]);
  });

  it.each<[Failure, string]>([
    [refused(409, "in_use"), "inactive"],
    [refused(403, "ticket_revoked"), "ticket_revoked"],
    [refused(410, "ticket_expired"), "access_ended"],
    [refused(401, "invalid_code"), "event_unavailable"],
  ])("ends when it cannot be claimed again (%o)", (failure, reason) => {
    const play = Play.watching();
    play.pass(30_000);
    play.send(afterHeartbeat(1, { ...refused(404, "session_not_found"), reason: "lapsed" }));
    play.send(afterValidate(2, failure));
    expect(play.state).toMatchObject({ phase: "ended", reason });
  });

  it("stays in the waiting room when it was lost there", () => {
    const play = Play.redeemed(body({ status: "not-started" }));
    play.pass(30_000);
    play.send(afterHeartbeat(1, { ...refused(404, "session_not_found"), reason: "lapsed" }));
    play.send(afterValidate(2, unreachable));
    expect(play.state.phase).toBe("waiting");
  });

  it("is offered again after another device took it", () => {
    const play = Play.watching();
    play.pass(30_000);
    play.send(afterHeartbeat(1, { ...refused(409, "session_conflict"), reason: "superseded" }));
    play.send({ type: "submit", code: "AbC" });
    expect(play.last).toEqual([{ do: "validate", code: "AbC", claim: 2 }]);
  });
});

function lapsedAndReclaimed(): Play {
  const play = Play.watching();
  play.pass(30_000);
  play.send(afterHeartbeat(1, { ...refused(404, "session_not_found"), reason: "lapsed" }));
  play.send(afterValidate(2, { kind: "ok", body: body({ token: "token-2" }) }));
  return play;
}
