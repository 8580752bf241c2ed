import { Server } from "./support/server";
import { expect, test } from "./support/test";

test("a code leads to a moving picture with sound: MPEG-TS, two renditions in nested folders", async ({
  arrive,
  recording,
}) => {
  const { event, ticket } = await recording("ts");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await viewer.hears();
  await expect(viewer.page.getByRole("heading", { name: event.title })).toBeVisible();
  await expect(viewer.page.getByText("Recording", { exact: true })).toBeVisible();
  await expect(viewer.page.getByRole("slider", { name: "Position" })).toBeVisible();
});

test("a code leads to a moving picture with sound: fragmented MP4 with an init segment", async ({
  arrive,
  recording,
}) => {
  const { ticket } = await recording("fmp4");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await viewer.hears();
});

test("a code leads to a moving picture with sound: a live stream that ffmpeg is writing", async ({ arrive, live }) => {
  const { ticket } = await live();
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await viewer.hears();
  await expect(viewer.page.getByText("LIVE", { exact: true })).toBeVisible();
  await expect(viewer.page.getByRole("slider", { name: "Position" })).toBeHidden();
});

test("keys and buttons hold the picture", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  await viewer.enter(ticket.code);
  await viewer.sees();
  const { page, video } = viewer;
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await page.keyboard.press("m");
  await expect(page.getByRole("button", { name: "Unmute" })).toBeVisible();
  await page.getByRole("slider", { name: "Volume" }).fill("0.5");
  await expect(page.getByRole("button", { name: "Mute", exact: true })).toBeVisible();
  await page.getByRole("slider", { name: "Position" }).fill("20");
  await expect.poll(() => viewer.time()).toBeGreaterThanOrEqual(20);
  await page.keyboard.press("f");
  await expect.poll(() => page.evaluate(() => document.fullscreenElement?.id ?? "")).toBe("player");
  await expect(video).toBeVisible();
});

test("an event without a stream says so and offers to look again", async ({ arrive, recording }) => {
  const { ticket, event } = await recording("ts");
  const viewer = await arrive();
  // The stream vanishes between the platform's last look and the player's first.
  await viewer.page.route(`**/streams/${event.id}/**`, (route) =>
    route.fulfill({ status: 404, json: { error: "Not found", code: "not_found" } }),
  );
  await viewer.enter(ticket.code);
  await expect(viewer.page.getByRole("alert")).toContainText("Stream is not available.Please try again later.");
  await viewer.page.unroute(`**/streams/${event.id}/**`);
  await viewer.page.getByRole("button", { name: "Try again" }).click();
  await viewer.sees();
});

test("with tokens in the path the picture moves, and no request carries the header", async ({ arrive, recording }) => {
  const server = await Server.start({ PLAYBACK_TOKEN_CARRIER: "path" });
  try {
    const { ticket } = await recording("ts", {}, server);
    const viewer = await arrive("/", server);
    const asked: Array<{ path: string; header: boolean }> = [];
    viewer.page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.includes("/streams/")) asked.push({ path: pathname, header: "authorization" in request.headers() });
    });
    await viewer.enter(ticket.code);
    await viewer.sees();
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter(({ path, header }) => header || !path.startsWith("/t/"))).toEqual([]);
  } finally {
    await server.stop();
  }
});

test("a browser that refuses sound plays muted, and one tap gives the sound", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  const { page, video } = viewer;
  // As browsers do for a page that nobody has touched yet, here a reloaded one.
  await page.addInitScript(() => {
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
      return this.muted ? play.call(this) : Promise.reject(new DOMException("no gesture", "NotAllowedError"));
    };
  });
  await page.reload();
  await viewer.enter(ticket.code);
  await viewer.sees();
  await page.getByRole("button", { name: "Tap to unmute" }).click();
  await expect(page.getByRole("button", { name: "Tap to unmute" })).toBeHidden();
  await expect(page.getByRole("button", { name: "Mute", exact: true })).toBeVisible();
  expect(await video.evaluate((element: HTMLVideoElement) => element.muted)).toBe(false);
});

test("unmuting after the volume was drawn to nothing gives sound", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  const { page } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  await page.getByRole("slider", { name: "Volume" }).fill("0");
  await page.getByRole("button", { name: "Unmute" }).click();
  await expect(page.getByRole("button", { name: "Mute", exact: true })).toBeVisible();
  await expect(page.getByRole("slider", { name: "Volume" })).toHaveAttribute("aria-valuetext", "100 percent");
});

test("a browser without media sources plays by itself, with the token in the path", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  const { page } = viewer;
  // As on iPhones of old: Chromium has a player for HLS of its own.
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, "MediaSource");
    Reflect.deleteProperty(window, "ManagedMediaSource");
  });
  await page.reload();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await viewer.enter(ticket.code);
  await viewer.sees();
  expect(asked.filter((path) => /hls-engine/.test(path))).toEqual([]);
  expect(await viewer.video.evaluate((video: HTMLVideoElement) => new URL(video.currentSrc).pathname)).toMatch(
    /^\/t\/.+\/stream\.m3u8$/,
  );
});

test("sound without a picture shows the poster", async ({ arrive, recording }) => {
  const poster = "https://posters.example/quartet.svg";
  const { ticket } = await recording("audio", { posterUrl: poster });
  const viewer = await arrive();
  const { page } = viewer;
  await page.route(poster, (route) =>
    route.fulfill({
      contentType: "image/svg+xml",
      body: '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9"/>',
    }),
  );
  await viewer.enter(ticket.code);
  await viewer.hears();
  await expect(page.locator(".audio-poster")).toBeVisible();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Quality" })).toHaveCount(0);
});

test("a click on the picture pauses, a double click fills the screen, and a focused control keeps its keys", async ({
  arrive,
  recording,
}) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  const { page } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  const middle = { x: 640, y: 320 };
  await viewer.video.click({ position: middle });
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
  // Space presses the button that has the focus, and nothing besides.
  await page.getByRole("button", { name: "Mute", exact: true }).focus();
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Unmute" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
  await viewer.video.dblclick({ position: middle });
  await expect.poll(() => page.evaluate(() => document.fullscreenElement?.id ?? "")).toBe("player");
  await page.keyboard.press("f");
  await expect.poll(() => page.evaluate(() => document.fullscreenElement)).toBeNull();
});
