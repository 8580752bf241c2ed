import { expect, test } from "vitest";
import { changed, pageIn } from "./filters";

test("a changed filter goes back to the first page and keeps the other filters", () => {
  expect(changed("status=unused&page=7", { search: "row 4" })).toBe("status=unused&search=row+4");
  expect(changed("status=unused&page=7", { page: "8" })).toBe("status=unused&page=8");
});

test("an empty value removes its filter", () => {
  expect(changed("status=unused&search=x", { status: "", search: "" })).toBe("");
});

test("a page that is no number is the first", () => {
  expect(pageIn("page=12")).toBe(12);
  for (const text of ["", "page=", "page=0", "page=-3", "page=1.5", "page=x", "page=99999999999999"]) {
    expect(pageIn(text)).toBe(1);
  }
});
