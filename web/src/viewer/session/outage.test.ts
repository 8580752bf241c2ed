import { describe, expect, it } from "vitest";
import { afterHeartbeat, afterRefresh, body, Play, refused, renewed, startAt, unreachable } from "./support";

describe("an outage", () => {
  it("is retried five times with growing pauses, then by hand", () => {
    const play = Play.watching();
    play.roll = 1;
    for (const [attempt, pause] of [1000, 2000, 4000, 8000, 15_000].entries()) {
      play.send({ type: "trouble", retryAfterSeconds: null });
      expect(play.state).toMatchObject({
        phase: "reconnecting",
        retryAt: play.at + pause,
        held: { attempt: attempt + 1 },
      });
      play.pass(pause);
      expect(play.state).toMatchObject({ retryAt: null, held: { reloads: attempt + 1 } });
    }
    play.send({ type: "trouble", retryAfterSeconds: null });
    expect(play.state).toMatchObject({ exhausted: true, retryAt: null });
    play.send({ type: "retry" });
    expect(play.state).toMatchObject({ exhausted: false, held: { attempt: 1, reloads: 6 } });
  });

  it("obeys Retry-After when it is longer", () => {
    const play = Play.watching();
    play.send({ type: "trouble", retryAfterSeconds: 7 });
    expect(play.state).toMatchObject({ retryAt: startAt + 7000 });
  });

  it("counts one trouble once, however many requests fail", () => {
    const play = Play.watching();
    play.send({ type: "trouble", retryAfterSeconds: null });
    play.send({ type: "trouble", retryAfterSeconds: null });
    expect(play.state).toMatchObject({ held: { attempt: 1 } });
  });

  it("is over when media flows", () => {
    const play = Play.watching();
    play.send({ type: "trouble", retryAfterSeconds: null });
    play.send({ type: "flowing" });
    expect(play.state).toMatchObject({ phase: "watching", held: { attempt: 0 } });
  });

  it("is tried at once when the device is online again", () => {
    const play = Play.watching();
    play.send({ type: "trouble", retryAfterSeconds: null });
    play.send({ type: "online" });
    expect(play.state).toMatchObject({ phase: "reconnecting", retryAt: null, held: { reloads: 1 } });
  });

  it("keeps beating, and ends on the platform's word", () => {
    const play = Play.watching();
    play.send({ type: "trouble", retryAfterSeconds: 300 });
    play.pass(30_000);
    play.send(afterHeartbeat(1, refused(403, "ticket_revoked")));
    expect(play.state).toMatchObject({ phase: "ended", reason: "ticket_revoked" });
  });
});

describe("a stream that is not there", () => {
  it("is said at once and looked for quietly", () => {
    const play = Play.watching();
    play.send({ type: "missing" });
    expect(play.state).toMatchObject({ phase: "reconnecting", cause: "missing", exhausted: true });
    play.pass(30_000);
    expect(play.state).toMatchObject({ cause: "missing", exhausted: true, held: { reloads: 1 } });
    play.send({ type: "flowing" });
    expect(play.state.phase).toBe("watching");
  });

  it("that was there a moment ago is tried five times before", () => {
    const play = Play.watching();
    play.send({ type: "flowing" });
    play.send({ type: "missing" });
    expect(play.state).toMatchObject({ phase: "reconnecting", exhausted: false, held: { attempt: 1 } });
  });
});

describe("the ticket's end", () => {
  const nearEnd = () => Play.redeemed(body({ expiresInMs: 10_000, tokenExpiresIn: 70 }));

  it("leaves 60 s of grace, then asks once and ends", () => {
    const play = nearEnd();
    play.pass(69_999);
    expect(play.state.phase).toBe("watching");
    play.pass(1);
    expect(play.state.phase).toBe("confirming");
    play.send(afterRefresh(1, refused(410, "ticket_expired")));
    expect(play.state).toMatchObject({ phase: "ended", reason: "access_ended" });
  });

  it("ends by the ticket's own time when nobody can be asked", () => {
    const play = nearEnd();
    play.pass(70_000);
    play.send(afterRefresh(1, unreachable));
    expect(play.state).toMatchObject({ phase: "ended", reason: "access_ended" });
  });

  it("is no end when the organizer prolonged the event", () => {
    const play = nearEnd();
    play.pass(70_000);
    play.send(renewed);
    expect(play.state).toMatchObject({ phase: "watching", held: { reloads: 1 } });
  });

  it("goes by the server's clock", () => {
    const play = Play.redeemed(body({ expiresInMs: 10_000, tokenExpiresIn: 70, serverAheadMs: 3_600_000 }));
    play.pass(69_000);
    expect(play.state.phase).toBe("watching");
    play.pass(1000);
    expect(play.state.phase).toBe("confirming");
  });
});
