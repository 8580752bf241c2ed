import { afterEach, expect, it, vi } from "vitest";
import { startSession } from "./browser";
import { body } from "./support";

class Metronome {
  static running = 0;
  onmessage: (() => void) | null = null;

  constructor() {
    Metronome.running += 1;
  }

  terminate(): void {
    Metronome.running -= 1;
  }
}

function page(): Window {
  const storage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  return Object.assign(new EventTarget(), {
    localStorage: storage,
    sessionStorage: storage,
    document: new EventTarget(),
  }) as unknown as Window;
}

afterEach(() => vi.unstubAllGlobals());

it("ticks while a ticket is claimed, and neither before nor after", async () => {
  vi.stubGlobal("Worker", Metronome);
  vi.stubGlobal("fetch", async () => Response.json(body()));
  const session = startSession(page(), null);
  expect(Metronome.running).toBe(0);
  session.send({ type: "submit", code: "AbC" });
  await vi.waitFor(() => expect(session.state().phase).toBe("watching"));
  expect(Metronome.running).toBe(1);
  session.send({ type: "leave" });
  expect(Metronome.running).toBe(0);
});
