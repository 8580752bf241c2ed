import { expect, test } from "vitest";
import { pageState, withIds } from "./selection";

test("a selection keeps what other pages hold", () => {
  const other = new Set(["x"]);
  expect([...withIds(other, ["a", "b"], true)]).toEqual(["x", "a", "b"]);
  expect([...withIds(new Set(["x", "a"]), ["a", "b"], false)]).toEqual(["x"]);
  expect(other.size).toBe(1);
});

test("the box of a page is off, mixed or on", () => {
  expect(pageState(new Set(["x"]), ["a", "b"])).toBe("none");
  expect(pageState(new Set(["a"]), ["a", "b"])).toBe("some");
  expect(pageState(new Set(["a", "b", "x"]), ["a", "b"])).toBe("all");
});
