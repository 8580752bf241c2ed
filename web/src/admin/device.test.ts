import { expect, test } from "vitest";
import { deviceName } from "./device";

test("the usual devices have the names that their owners use", () => {
  const windows =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
  expect(deviceName(windows)).toBe("Chrome on Windows");
  expect(deviceName(`${windows} Edg/140.0.0.0`)).toBe("Edge on Windows");
  const iphone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
  expect(deviceName(iphone)).toBe("Safari on iPhone");
  expect(deviceName("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe("Firefox on Linux");
});

test("an unknown device is told as it calls itself, and none as unknown", () => {
  expect(deviceName("set-top-box/3")).toBe("set-top-box/3");
  expect(deviceName(null)).toBe("Unknown device");
});
