import { expect, test } from "vitest";
import { isTitle } from "./title";

test("a title is recognized whichever way its accents are composed", () => {
  expect(isTitle("Visée", "Vise\u0301e")).toBe(true);
  expect(isTitle("東京 🎻", "東京 🎻")).toBe(true);
});

test("nothing that differs to the eye is taken for the title", () => {
  expect(isTitle("Halden quartet", "Halden Quartet")).toBe(false);
  expect(isTitle("Visee", "Visée")).toBe(false);
  expect(isTitle("", "Halden Quartet")).toBe(false);
});
