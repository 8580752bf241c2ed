import { expect, test } from "vitest";
import { eventMark } from "./mark";

const event = { isActive: true, isArchived: false, startsAt: "2026-11-28T18:00:00Z", endsAt: "2026-11-28T20:00:00Z" };
const at = (time: string) => Date.parse(`2026-11-28T${time}:00Z`);

test("what the organizer switched counts before the stream, the stream before the schedule", () => {
  expect(eventMark({ ...event, isArchived: true, isActive: false, status: "live" }, at("19:00"))).toBe("archived");
  expect(eventMark({ ...event, isActive: false, status: "live" }, at("19:00"))).toBe("inactive");
  expect(eventMark({ ...event, status: "not-started" }, at("19:00"))).toBe("not-started");
});

test("the schedule speaks at its very edges", () => {
  expect(eventMark(event, at("18:00") - 1)).toBe("not-started");
  expect(eventMark(event, at("18:00"))).toBe("live");
  expect(eventMark(event, at("20:00") - 1)).toBe("live");
  expect(eventMark(event, at("20:00"))).toBe("recording");
});
