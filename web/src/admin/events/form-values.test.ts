import { expect, test } from "vitest";
import { newValues, readForm, withStart } from "./form-values";

const filled = { ...newValues(Date.UTC(2026, 10, 28, 12, 20)), title: " Halden Quartet " };

test("a new event is valid as soon as it has a title", () => {
  expect(readForm(filled)).toMatchObject({
    form: { title: "Halden Quartet", accessWindowHours: 48, startsAt: "2026-11-28T14:00:00.000Z", streamUrl: null },
  });
  expect(readForm({ ...filled, title: "  " })).toEqual({ errors: { title: "Is required." } });
});

test("an end that is not after the start is an error of the end", () => {
  expect(readForm({ ...filled, endsAt: filled.startsAt })).toEqual({ errors: { endsAt: "Must be after the start." } });
});

test("the access window is whole hours from 1 to a week", () => {
  const window = (accessWindowHours: string) => "form" in readForm({ ...filled, accessWindowHours });
  expect(["1", "168", " 24 "].map(window)).toEqual([true, true, true]);
  expect(["0", "169", "", "1.5", "-1", "many"].map(window)).toEqual([false, false, false, false, false, false]);
});

test("moving the start moves the end, so that the length stays", () => {
  const moved = withStart({ ...filled, startsAt: "2026-11-28T14:00", endsAt: "2026-11-28T16:00" }, "2026-11-30T09:15");
  expect(moved.endsAt).toBe("2026-11-30T11:15");
});

test("a start that is only half typed moves nothing", () => {
  expect(withStart(filled, "").endsAt).toBe(filled.endsAt);
});
