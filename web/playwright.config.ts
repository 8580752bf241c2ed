/**
 * Browser tests against the real program (`cargo build -p streamgate`) with real streams made by ffmpeg.
 *
 * The system's Chromium is used, because it plays H.264 and AAC and needs no download;
 * `PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH` names another one.
 */
import { defineConfig } from "@playwright/test";
import { firefox } from "./e2e/support/firefox";

if (firefox === null)
  process.stdout.write("There is no Firefox that decodes H.264 on this machine: its journey is left out.\n");

export default defineConfig({
  testDir: "e2e",
  testIgnore: firefox === null ? ["firefox.spec.ts"] : [],
  outputDir: "test-results",
  // Each spec encodes and plays video: two at once would measure the machine, not the page.
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env.CI === "true",
  reporter: [["list"]],
  use: {
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
