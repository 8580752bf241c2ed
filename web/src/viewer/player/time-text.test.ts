import { expect, it } from "vitest";
import { clockText, leftText, spokenTime } from "./time-text";

it.each([
  [0, "00:00"],
  [59.9, "00:59"],
  [3599, "59:59"],
  [3600, "01:00:00"],
  [Number.NaN, "00:00"],
  [Number.POSITIVE_INFINITY, "00:00"],
])("a clock shows %s s as %s", (seconds, text) => expect(clockText(seconds)).toBe(text));

it.each([
  [1, "1 second"],
  [2832, "47 minutes 12"],
  [6756, "1 hour 52 minutes 36"],
])("a screen reader says %s s as %s", (seconds, text) => expect(spokenTime(seconds)).toBe(text));

it.each([
  [1, "1 min"],
  [15 * 60_000, "15 min"],
  [312 * 60_000, "5 h 12 min"],
])("%s ms of access are %s", (ms, text) => expect(leftText(ms)).toBe(text));
