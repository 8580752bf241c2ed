import { expect, test } from "vitest";
import {
  ago,
  clockTime,
  dayAndMonth,
  duration,
  endBeside,
  fromLocalInput,
  fullDateTime,
  shortDateTime,
  toLocalInput,
  weekdayDateTime,
  zoneName,
} from "./time";

const oslo = { zone: "Europe/Oslo" };
const now = new Date("2026-11-28T19:30:00Z");

test("times are told in the organizer's zone, with its name", () => {
  expect(clockTime("2026-11-28T18:30:00Z", oslo)).toBe("19:30");
  expect(fullDateTime("2026-11-28T18:30:00Z", oslo)).toBe("Sat 28 Nov 2026, 19:30");
  expect(zoneName("2026-11-28T18:30:00Z", oslo)).toBe("CET");
  expect(zoneName("2026-07-28T18:30:00Z", oslo)).toBe("CEST");
  expect(zoneName("2026-07-28T18:30:00Z", { zone: "Asia/Kolkata" })).toBe("GMT+5:30");
});

test("the year is told when it is not this one", () => {
  expect(dayAndMonth("2026-11-28T18:30:00Z", now, oslo)).toBe("28 Nov");
  expect(shortDateTime("2027-01-02T18:30:00Z", now, oslo)).toBe("2 Jan 2027 19:30");
  expect(weekdayDateTime("2026-12-31T23:30:00Z", now, oslo)).toBe("Fri 1 Jan 2027, 00:30");
});

test("an end on the day of its start is only a time", () => {
  expect(endBeside("2026-11-28T18:30:00Z", "2026-11-28T20:30:00Z", now, oslo)).toBe("21:30");
  expect(endBeside("2026-11-28T18:30:00Z", "2026-11-28T23:30:00Z", now, oslo)).toBe("Sun 29 Nov, 00:30");
});

test("midnight is 00:00", () => {
  expect(clockTime("2026-11-28T23:00:00Z", oslo)).toBe("00:00");
});

test("durations name the two largest units", () => {
  expect(duration(0)).toBe("0 s");
  expect(duration(59_999)).toBe("59 s");
  expect(duration(60_000)).toBe("1 min");
  expect(duration(68 * 60_000)).toBe("1 h 8 min");
  expect(duration(2 * 3_600_000)).toBe("2 h");
  expect(duration(76 * 3_600_000)).toBe("3 d 4 h");
});

test("a clock that is ahead of this one says now, never the future", () => {
  expect(ago("2026-11-28T19:30:05Z", now.getTime())).toBe("0 s ago");
  expect(ago("2026-11-28T19:29:39Z", now.getTime())).toBe("21 s ago");
});

test("what a date field shows is the instant that it was given", () => {
  const instant = "2026-11-29T16:00:00.000Z";
  expect(fromLocalInput(toLocalInput(instant))).toBe(instant);
  expect(fromLocalInput("")).toBeNull();
  expect(fromLocalInput("2026-13-40T10:00")).toBeNull();
});
