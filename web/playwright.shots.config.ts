/** Pictures to be looked at, made with the settings of the browser tests; they assert nothing. */
import base from "./playwright.config";

export default {
  ...base,
  testDir: "e2e/shots",
  testMatch: "*.shots.ts",
  use: { ...base.use, actionTimeout: 10_000, trace: "off" as const },
};
