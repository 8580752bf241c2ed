/** Where the picture is in what can be reached, for the seek bar and the time beside it. */
import type { LiveWindow } from "../../engine/offers";

export interface Timeline {
  kind: "recording" | "live";
  /** Seconds of the video element. */
  start: number;
  end: number;
  at: number;
  /** Seconds behind what is on now; 0 for a recording. */
  behind: number;
  /** So near to what is on that going live would change nothing. */
  atEdge: boolean;
  /** Whether there is enough to seek in. */
  seekable: boolean;
}

// A shorter live window is an encoder's working set, not something to go back to.
const WINDOW_MIN_SECONDS = 30;

export interface Playing {
  time: number;
  duration: number;
  live: boolean | null;
  window: LiveWindow | null;
}

/** Null until the playlist told what it is. */
export function timeline({ time, duration, live, window }: Playing): Timeline | null {
  if (live === null) return null;
  if (!live) {
    const end = Number.isFinite(duration) ? duration : 0;
    return { kind: "recording", start: 0, end, at: Math.min(time, end), behind: 0, atEdge: false, seekable: end > 0 };
  }
  if (window === null) return { kind: "live", start: 0, end: 0, at: 0, behind: 0, atEdge: true, seekable: false };
  const { start, end, edge, segmentSeconds } = window;
  const behind = Math.max(0, edge - time);
  return {
    kind: "live",
    start,
    end: edge,
    at: Math.min(Math.max(time, start), edge),
    behind,
    atEdge: behind < 1.5 * segmentSeconds + 2,
    seekable: end - start >= WINDOW_MIN_SECONDS,
  };
}

/** Returns where a seek really goes: never to the very start of a live window, which moves away under the player. */
export function seekTarget(seconds: number, playing: Playing): number {
  const { live, window, duration } = playing;
  if (live === true && window !== null) {
    return Math.min(Math.max(seconds, window.start + window.segmentSeconds), window.edge);
  }
  return Math.min(Math.max(seconds, 0), Number.isFinite(duration) ? duration : Number.POSITIVE_INFINITY);
}
