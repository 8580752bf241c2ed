import { expect, it } from "vitest";
import type { ViewerApi } from "../../api/client";
import type { State } from "./model";
import { createSession } from "./shell";
import { body, refused, startAt } from "./support";

/** A world in which the platform answers what it is told to. */
function world(answers: Partial<ViewerApi>) {
  const done: string[] = [];
  const api: ViewerApi = {
    validate: async () => ({ kind: "ok", body: body() }),
    refresh: async () => refused(401, "invalid_token"),
    heartbeat: async () => ({ kind: "ok", body: { ok: true } }),
    status: async () => refused(401, "invalid_code"),
    release: (token) => void done.push(`release ${token}`),
    ...answers,
  };
  const memory = {
    deviceId: () => "device-0123456789abcdef",
    code: () => null,
    remember: (code: string) => void done.push(`remember ${code}`),
    forget: () => void done.push("forget"),
  };
  const clock = { at: startAt };
  return { done, clock, session: createSession({ api, memory, now: () => clock.at, roll: () => 0.5 }) };
}

const settled = (session: { subscribe(listener: () => void): () => void; state(): State }, phase: State["phase"]) =>
  new Promise<void>((resolve) => {
    const look = () => session.state().phase === phase && resolve();
    session.subscribe(look);
    look();
  });

it("runs a session from the code to its release", async () => {
  const { session, done } = world({});
  session.send({ type: "submit", code: "AbC" });
  await settled(session, "watching");
  session.send({ type: "leave" });
  expect(done).toEqual(["remember AbC", "release token-1", "forget"]);
});

it("ends a session when the platform says so", async () => {
  const { session, clock } = world({ heartbeat: async () => refused(403, "ticket_revoked") });
  session.send({ type: "submit", code: "AbC" });
  await settled(session, "watching");
  clock.at += 30_000;
  session.send({ type: "tick" });
  await settled(session, "ended");
  expect(session.state()).toMatchObject({ reason: "ticket_revoked" });
});

it("wakes nobody when nothing changed", () => {
  const { session } = world({});
  let changes = 0;
  session.subscribe(() => {
    changes += 1;
  });
  session.send({ type: "tick" });
  expect(changes).toBe(0);
});
