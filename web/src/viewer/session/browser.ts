/** Ties a session to its page: the metronome, leaving and coming back, going online, and the reload of a tab. */
import { viewerApi } from "../../api/client";
import { browserMemory } from "./memory";
import { createSession, type Session } from "./shell";
import { isHeld } from "./transitions";

/** `linkedCode`: a code that the address brought; it only fills the field, and this tab's earlier session stays away. */
export function startSession(page: Window, linkedCode: string | null): Session {
  const memory = browserMemory(
    () => page.localStorage,
    () => page.sessionStorage,
    (bytes) => crypto.getRandomValues(bytes),
  );
  const session = createSession({ api: viewerApi, memory, now: Date.now, roll: Math.random });
  const tick = () => session.send({ type: "tick" });

  let metronome: Worker | null = null;
  session.subscribe(() => {
    const wanted = isHeld(session.state());
    if (wanted === (metronome !== null)) return;
    metronome?.terminate();
    metronome = wanted ? startMetronome(tick) : null;
  });

  // A tab switch is not the end: sound goes on playing. `pagehide` is, and the only one that back-forward caches allow.
  page.addEventListener("pagehide", () => session.send({ type: "pageHidden" }));
  page.addEventListener("pageshow", (event) => {
    if (event.persisted) session.send({ type: "pageRestored" });
  });
  page.addEventListener("online", () => session.send({ type: "online" }));
  // After a sleep everything is overdue, and the worker may wake later than the eye.
  page.document.addEventListener("visibilitychange", tick);

  const code = memory.code();
  if (code !== null && linkedCode === null) session.send({ type: "restore", code });
  return session;
}

function startMetronome(tick: () => void): Worker {
  const worker = new Worker(new URL("./metronome.worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = tick;
  return worker;
}
