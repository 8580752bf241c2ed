/** What a chart of viewers shows and says. */
import type { ViewersPoint } from "../api/types";
import { clockTime, shortDateTime } from "../time";

export interface Series {
  /** Where the time that is looked at begins, whenever its first point is: seconds since 1970, as the chart wants them. */
  from: number;
  times: number[];
  viewers: number[];
}

export const ranges = [
  { value: "1h", label: "1 h", ms: 3_600_000, said: "hour" },
  { value: "6h", label: "6 h", ms: 6 * 3_600_000, said: "6 hours" },
  { value: "24h", label: "24 h", ms: 24 * 3_600_000, said: "24 hours" },
  { value: "7d", label: "7 days", ms: 7 * 24 * 3_600_000, said: "7 days" },
] as const;

export type Range = (typeof ranges)[number]["value"];

/** How a moment of a range is said: within a day the clock is enough. */
export const momentIn = (range: Range, now: number) => (at: number) =>
  range === "7d" ? shortDateTime(new Date(at).toISOString(), new Date(now)) : clockTime(at);

/** The points of the last `ms`, with the number of this very moment as the last one. */
export function series(points: readonly ViewersPoint[], live: number, now: number, ms: number): Series {
  const shown = points.filter(({ at }) => Date.parse(at) >= now - ms && Date.parse(at) < now);
  return {
    from: (now - ms) / 1_000,
    times: [...shown.map(({ at }) => Date.parse(at) / 1_000), now / 1_000],
    viewers: [...shown.map(({ viewers }) => viewers), live],
  };
}

const STEP_MS = 5 * 60_000;

/** Puts the steps in which nobody watched an event between those that were counted. */
export function withZeros(points: readonly ViewersPoint[], now: number): ViewersPoint[] {
  const [first] = points;
  if (first === undefined) return [];
  const counted = new Map(points.map(({ at, viewers }) => [Date.parse(at), viewers]));
  const begin = Date.parse(first.at) - STEP_MS;
  const steps = Math.max(0, Math.ceil((now - begin) / STEP_MS));
  return Array.from({ length: steps }, (_, step) => {
    const at = begin + step * STEP_MS;
    return { at: new Date(at).toISOString(), viewers: counted.get(at) ?? 0 };
  });
}

interface Extreme {
  viewers: number;
  at: number;
}

const extreme = ({ times, viewers }: Series, isBetter: (a: number, b: number) => boolean): Extreme | null =>
  viewers.reduce<Extreme | null>(
    (best, value, index) =>
      best === null || isBetter(value, best.viewers) ? { viewers: value, at: (times[index] ?? 0) * 1_000 } : best,
    null,
  );

export const peak = (shown: Series) => extreme(shown, (a, b) => a > b);
const lowest = (shown: Series) => extreme(shown, (a, b) => a < b);

/** `Now 419. Peak 425 at 20:14. Lowest 5 at 16:48.` */
export function inWords(shown: Series, moment: (at: number) => string = clockTime): string {
  const now = shown.viewers.at(-1) ?? 0;
  const [high, low] = [peak(shown), lowest(shown)];
  if (high === null || low === null || high.viewers === 0) return "Nobody has watched in this time.";
  return `Now ${now}. Peak ${high.viewers} at ${moment(high.at)}. Lowest ${low.viewers} at ${moment(low.at)}.`;
}
