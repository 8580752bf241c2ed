import { expect, test } from "vitest";
import { bytes, counted } from "./amounts";

test("counts agree with their nouns", () => {
  expect(counted(1, "ticket")).toBe("1 ticket");
  expect(counted(0, "ticket")).toBe("0 tickets");
  expect(counted(2280, "ticket")).toBe("2,280 tickets");
  expect(counted(2, "person", "people")).toBe("2 people");
});

test("amounts of data have two figures at least and a unit that fits", () => {
  expect(bytes(0)).toBe("0 B");
  expect(bytes(999)).toBe("999 B");
  expect(bytes(1_900_000_000)).toBe("1.9 GB");
  expect(bytes(999_600)).toBe("1.0 MB");
  expect(bytes(84_000_000)).toBe("84 MB");
});
