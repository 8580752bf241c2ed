/**
 * What a browser does with tabs that nobody looks at. Playwright switches it off, so that pages are always awake: here
 * Chromium runs as people start it.
 */
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import type { Server } from "./support/server";
import { expect, test } from "./support/test";

// Long enough for a heartbeat. After five minutes Chromium lets a hidden tab's timers run once a minute, no longer once a
// second: `cargo xtask test --deep` waits for that.
const HIDDEN_SECONDS = Number(process.env.STREAMGATE_HIDDEN_SECONDS ?? 35);
const SLEEPS_AT_LEAST_MS = HIDDEN_SECONDS > 360 ? 30_000 : 900;

const kept = ["--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows"];
const undone = [...kept, "--disable-renderer-backgrounding", "--disable-back-forward-cache"];

async function withChromium(use: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await puppeteer.launch({
    executablePath: process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH ?? "/usr/bin/chromium",
    ignoreDefaultArgs: undone,
    args: ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
  });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

async function watch(browser: Browser, server: Server, code: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${server.url}/#code=${code}`);
  await page.locator("::-p-aria(Watch Now)").click();
  await moves(page);
  return page;
}

async function moves(page: Page): Promise<void> {
  const time = () => page.$eval("video", (video) => video.currentTime).catch(() => 0);
  const before = await time();
  await expect.poll(time, { message: "the picture moves", timeout: 30_000 }).toBeGreaterThan(before + 0.5);
}

const isTaken = async (server: Server, code: string) => {
  const response = await fetch(`${server.url}/api/tokens/validate`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code, deviceId: "another-device-0000000001" }),
  });
  return response.status === 409;
};

test("a tab that comes back from the back-forward cache has its session and its picture again", async ({
  recording,
  server,
}) => {
  const { ticket } = await recording("ts");
  await withChromium(async (browser) => {
    const page = await watch(browser, server, ticket.code);
    await page.evaluate(() =>
      window.addEventListener("pageshow", ({ persisted }) => Reflect.set(window, "cameBack", persisted)),
    );
    await page.goto(`${server.url}/health`);
    await page.goBack();
    await expect.poll(() => page.evaluate((): unknown => Reflect.get(window, "cameBack"))).toBe(true);
    await moves(page);
    expect(await isTaken(server, ticket.code)).toBe(true);
    expect(await page.$("[role=alertdialog]")).toBeNull();
  });
});

test(`a tab that is hidden for ${HIDDEN_SECONDS} s, muted and paused, keeps its session`, async ({
  recording,
  server,
}) => {
  test.setTimeout(120_000 + HIDDEN_SECONDS * 1000);
  const { ticket } = await recording("ts");
  await withChromium(async (browser) => {
    const page = await watch(browser, server, ticket.code);
    await page.keyboard.press("m");
    await page.keyboard.press("Space");
    await expect.poll(() => page.$eval("video", (video) => [video.muted, video.paused])).toEqual([true, true]);
    // A timer such as the page would have if it did not beat from a worker.
    await page.evaluate(() => {
      const beat = { last: performance.now(), longest: 0 };
      Reflect.set(window, "beat", beat);
      const next = () => {
        const now = performance.now();
        beat.longest = Math.max(beat.longest, now - beat.last);
        beat.last = now;
        setTimeout(next, 500);
      };
      next();
    });
    const hiddenAt = Date.now();
    let beats = 0;
    page.on("response", (response) => {
      if (response.url().endsWith("/api/playback/heartbeat") && response.ok()) beats += 1;
    });
    const other = await browser.newPage();
    await other.bringToFront();
    expect(await page.evaluate(() => document.visibilityState)).toBe("hidden");
    await expect
      .poll(() => Math.min((Date.now() - hiddenAt) / 1000, beats === 0 ? 0 : Number.POSITIVE_INFINITY), {
        timeout: HIDDEN_SECONDS * 1000 + 30_000,
      })
      .toBeGreaterThanOrEqual(HIDDEN_SECONDS);
    const longest = await page.evaluate(() => {
      const beat = Reflect.get(window, "beat") as { last: number; longest: number };
      return Math.max(beat.longest, performance.now() - beat.last);
    });
    console.log(
      `hidden for ${HIDDEN_SECONDS} s: ${beats} heartbeats; a timer of 0.5 s slept for up to ${Math.round(longest / 1000)} s`,
    );
    expect(longest, "the browser did throttle the page").toBeGreaterThan(SLEEPS_AT_LEAST_MS);
    expect(beats).toBeGreaterThanOrEqual(Math.floor(HIDDEN_SECONDS / 31));
    expect(await isTaken(server, ticket.code), "the ticket is still held").toBe(true);
    await page.bringToFront();
    await page.keyboard.press("Space");
    await moves(page);
    expect(await page.$("[role=alertdialog]")).toBeNull();
  });
});
