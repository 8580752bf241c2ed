import { expect, test } from "vitest";
import { eventMark } from "./mark";

test("what the organizer switched counts before what the event is to viewers", () => {
  expect(eventMark({ isArchived: true, isActive: false, status: "live" })).toBe("archived");
  expect(eventMark({ isArchived: false, isActive: false, status: "live" })).toBe("inactive");
  expect(eventMark({ isArchived: false, isActive: true, status: "recording" })).toBe("recording");
});
