import { expect, test } from "vitest";
import { inWords, peak, series, withZeros } from "./series";

const now = Date.parse("2026-11-28T19:30:00Z");
const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
const points = [
  { at: minutesAgo(90), viewers: 900 },
  { at: minutesAgo(60), viewers: 5 },
  { at: minutesAgo(30), viewers: 425 },
  { at: minutesAgo(5), viewers: 400 },
];

test("a chart ends with the number of this moment and begins with its range", () => {
  const shown = series(points, 419, now, 3_600_000);
  expect(shown.viewers).toEqual([5, 425, 400, 419]);
  expect(shown.times.at(-1)).toBe(now / 1_000);
  expect(peak(shown)).toEqual({ viewers: 425, at: now - 30 * 60_000 });
});

test("a chart covers the whole range that was chosen, even if nothing was counted for most of it", () => {
  const shown = series([{ at: minutesAgo(2), viewers: 1 }], 2, now, 6 * 3_600_000);
  expect(shown.from).toBe((now - 6 * 3_600_000) / 1_000);
  expect(shown.times).toHaveLength(2);
});

test("a chart is told in words", () => {
  expect(inWords(series(points, 419, now, 3_600_000))).toMatch(
    /^Now 419\. Peak 425 at \d\d:\d\d\. Lowest 5 at \d\d:\d\d\.$/,
  );
  expect(inWords(series([], 0, now, 3_600_000))).toBe("Nobody has watched in this time.");
});

test("between the steps that were counted nobody watched an event", () => {
  const at = (minutes: number) => new Date(Date.parse("2026-11-28T18:00:00.000Z") + minutes * 60_000).toISOString();
  const counted = [
    { at: at(0), viewers: 3 },
    { at: at(10), viewers: 2 },
  ];
  const filled = withZeros(counted, Date.parse(at(16)));
  expect(filled.map(({ viewers }) => viewers)).toEqual([0, 3, 0, 2, 0]);
  expect(filled[0]?.at).toBe(at(-5));
  expect(withZeros([], Date.parse(at(16)))).toEqual([]);
});
