import { expect, it } from "vitest";
import { parseConfig } from "./config";

const defaults = {
  appName: "StreamGate",
  tokenCarrier: "header",
  supportContact: null,
  imprintUrl: null,
  privacyUrl: null,
};

it.each(["{}", "", "no json", "null", "7"])("a page comes up whatever the server wrote: %s", (text) => {
  expect(parseConfig(text)).toEqual(defaults);
});

it("takes what the server wrote", () => {
  const text = JSON.stringify({ appName: "Halden", tokenCarrier: "path", imprintUrl: "/imprint", privacyUrl: null });
  expect(parseConfig(text)).toEqual({ ...defaults, appName: "Halden", tokenCarrier: "path", imprintUrl: "/imprint" });
});

it.each(["javascript:alert(1)", "data:text/html,x", "//evil.example"])("links nowhere dangerous: %s", (url) => {
  expect(parseConfig(JSON.stringify({ imprintUrl: url })).imprintUrl).toBeNull();
});
