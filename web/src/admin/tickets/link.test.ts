import { expect, test } from "vitest";
import { siteOf } from "./link";

test("tickets lead to the address in the settings, wherever the console is open", () => {
  expect(siteOf("https://watch.example/", "http://10.0.0.5:3000")).toBe("https://watch.example");
});

test("localhost leads nowhere from a phone, so the page's own address is taken", () => {
  expect(siteOf("http://localhost:3000/", "http://192.168.1.20:3000")).toBe("http://192.168.1.20:3000");
});

test("a setting that is missing or no address changes nothing", () => {
  for (const text of [null, "", "watch.example", "mailto:a@b"]) {
    expect(siteOf(text, "http://192.168.1.20:3000")).toBe("http://192.168.1.20:3000");
  }
});
