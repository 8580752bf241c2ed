/**
 * Sees to it that a refusal stops the picture within 4 s even when a long buffer needs nothing from the edge: while the
 * picture moves and no answer came for 2.5 s, the edge is asked.
 */
import type { EdgeAnswer } from "../../engine/edge-check";

const SILENCE_MAX_MS = 2500;
const LOOK_EVERY_MS = 250;

export interface Watchdog {
  /** The edge answered something. */
  answered(): void;
  /** Asks now, whatever was answered before. */
  check(): void;
  stop(): void;
}

export interface WatchdogOptions {
  moving(): boolean;
  /** Null: the answer came too late to mean anything. */
  ask(): Promise<EdgeAnswer | null>;
  told(answer: EdgeAnswer): void;
}

export function startWatchdog({ moving, ask, told }: WatchdogOptions): Watchdog {
  let quietSince = performance.now();
  let asking = false;
  let stopped = false;

  const answered = () => {
    quietSince = performance.now();
  };

  async function check(): Promise<void> {
    if (asking) return;
    asking = true;
    const answer = await ask();
    asking = false;
    answered();
    if (!stopped && answer !== null) told(answer);
  }

  const timer = setInterval(() => {
    if (moving() && performance.now() - quietSince >= SILENCE_MAX_MS) void check();
  }, LOOK_EVERY_MS);

  return {
    answered,
    check: () => void check(),
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}
