import { expect, test } from "./support/test";
import type { Viewer } from "./support/viewer";

const position = (viewer: Viewer) => viewer.page.getByRole("slider", { name: "Position" });
const menu = async (viewer: Viewer, name: string, row: string | RegExp) => {
  await viewer.reaches();
  await viewer.page.getByRole("button", { name, exact: true }).click();
  await viewer.page.getByRole("menuitemradio", { name: row }).click();
};

test("quality, sound and captions are chosen from what the stream offers", async ({ arrive, recording }) => {
  const { ticket } = await recording("tracks");
  const viewer = await arrive();
  const { page, video } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  // WebKit, the engine of every browser on a phone of Apple's, draws no shape that comes from style.
  expect(await page.locator("svg path:not([d])").count(), "shapes without an outline of their own").toBe(0);
  const height = () => video.evaluate((element: HTMLVideoElement) => element.videoHeight);
  for (const wanted of [360, 180]) {
    await menu(viewer, "Quality", new RegExp(`^${wanted}p`));
    await expect.poll(height).toBe(wanted);
  }

  const swedish = page.waitForResponse((response) => /v3_\d+\.ts/.test(response.url()));
  await menu(viewer, "Audio", "Svenska");
  await swedish;

  const words = page.getByText("All four players pluck");
  await expect(words).toHaveCount(0);
  await menu(viewer, "Captions", "English");
  await expect(words).toBeVisible();
  await menu(viewer, "Captions", "Off");
  await expect(words).toHaveCount(0);
  await viewer.sees();
});

test("a menu is worked with the keyboard, and gives the focus back", async ({ arrive, recording }) => {
  const { ticket } = await recording("tracks");
  const viewer = await arrive();
  const { page } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  const button = page.getByRole("button", { name: "Quality" });
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitemradio", { name: /^Auto/ })).toBeFocused();
  await page.keyboard.press("End");
  await expect(page.getByRole("menuitemradio", { name: /^180p/ })).toBeFocused();
  await page.keyboard.press("3");
  await expect(page.getByRole("menuitemradio", { name: /^360p/ })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(button).toBeFocused();
  await expect(page.getByRole("menu")).toHaveCount(0);
});

test("every key does what the list of keys says", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  const { page, video } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  await page.keyboard.press("Space");
  const volume = () => video.evaluate((element: HTMLVideoElement) => element.volume);
  const before = await viewer.time();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  expect(await viewer.time()).toBeCloseTo(before + 20, 1);
  await page.keyboard.press("ArrowLeft");
  expect(await viewer.time()).toBeCloseTo(before + 10, 1);
  await page.keyboard.press("ArrowDown");
  expect(await volume()).toBeCloseTo(0.9);
  await page.keyboard.press("ArrowUp");
  expect(await volume()).toBeCloseTo(1);
  await page.keyboard.press("m");
  expect(await video.evaluate((element: HTMLVideoElement) => element.muted)).toBe(true);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("f");
  await expect(page.getByRole("button", { name: "Leave full screen" })).toBeVisible();
  await page.keyboard.press("f");
  await expect(page.getByRole("button", { name: "Full screen", exact: true })).toBeVisible();
});

test("a live window is gone back in, to its very start, and left for what is on now", async ({
  arrive,
  liveWithWindow,
}) => {
  const { ticket } = await liveWithWindow();
  const viewer = await arrive();
  const { page } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const end = await viewer.time();
  await position(viewer).focus();
  await page.keyboard.press("Home");
  await expect(page.getByRole("button", { name: "Go live" })).toBeVisible();
  await viewer.sees();
  expect(await viewer.time(), "at the start of the window").toBeLessThan(end - 30);
  await expect(position(viewer)).toHaveAttribute("aria-valuetext", /behind live$/);
  await page.getByRole("button", { name: "Go live" }).click();
  await expect(page.getByRole("button", { name: "Go live" })).toHaveCount(0);
  await viewer.sees();
  expect(await viewer.time()).toBeGreaterThan(end - 5);
});

test("the seek bar tells the time under the pointer, and picture in picture opens", async ({ arrive, recording }) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  const { page } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  const box = await position(viewer).boundingBox();
  if (box === null) throw new Error("no seek bar");
  // On a busy machine the controls may hide between two movements: the hand comes again.
  await expect(async () => {
    await viewer.reaches();
    await page.mouse.move(box.x + box.width / 2, box.y + 18);
    await page.mouse.move(box.x + box.width / 2 + 1, box.y + 18);
    await expect(page.getByText(/^00:2[45]$/)).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: 30_000 });
  await page.getByRole("button", { name: "Picture in picture" }).click();
  await expect.poll(() => page.evaluate(() => document.pictureInPictureElement?.localName)).toBe("video");
});

test("volume and silence are remembered for the next visit", async ({ arrive, recording, server }) => {
  const { event, ticket } = await recording("ts");
  const viewer = await arrive();
  const { page } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  await page.getByRole("slider", { name: "Volume" }).fill("0.3");
  await page.getByRole("button", { name: "Mute", exact: true }).click();
  const again = await viewer.anotherTab();
  await again.enter((await server.admin.createTicket(event)).code);
  await again.sees();
  expect(await again.video.evaluate((element: HTMLVideoElement) => [element.volume, element.muted])).toEqual([
    0.3,
    true,
  ]);
});

test("two taps at the side of the picture skip with a ripple, one tap only shows the controls", async ({
  arrive,
  recording,
  server,
}) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive("/", server, { viewport: { width: 844, height: 390 }, hasTouch: true, isMobile: true });
  const { page } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  // By a key: on a busy machine the controls may be gone again before a finger is there.
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
  const before = await viewer.time();
  await page.touchscreen.tap(800, 150);
  await page.touchscreen.tap(800, 150);
  await expect(page.getByText("+10 s")).toBeVisible();
  await expect.poll(() => viewer.time()).toBeCloseTo(before + 10, 1);
  await page.touchscreen.tap(40, 150);
  await page.touchscreen.tap(40, 150);
  await expect.poll(() => viewer.time()).toBeCloseTo(before, 1);
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
});

test("a phone held upright has everything below the picture", async ({ arrive, recording, server }) => {
  const { ticket } = await recording("tracks");
  const viewer = await arrive("/", server, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const { page } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  const picture = await viewer.video.boundingBox();
  const seek = await position(viewer).boundingBox();
  expect(picture?.width).toBe(390);
  expect(seek?.y).toBeGreaterThan((picture?.y ?? 0) + (picture?.height ?? 0));
  const tool = await page.getByRole("button", { name: "Full screen", exact: true }).boundingBox();
  const about = await page.getByText("Schubert, Webern, Ravel").boundingBox();
  expect(about?.y, "the words begin below the tools").toBeGreaterThanOrEqual((tool?.y ?? 0) + (tool?.height ?? 0));
  await page.getByRole("button", { name: "Sound" }).tap();
  await page.getByRole("slider", { name: "Volume" }).fill("0.4");
  expect(await viewer.video.evaluate((element: HTMLVideoElement) => element.volume)).toBe(0.4);
  await page.getByText("Turn your phone for full screen.").waitFor();
  await page.getByRole("button", { name: "Close the hint" }).tap();
  await expect(page.getByText("Turn your phone for full screen.")).toHaveCount(0);
});

test("a phone that is turned on its side fills its screen with the picture, and gives it back when turned upright", async ({
  arrive,
  recording,
  server,
}) => {
  const upright = { width: 390, height: 844 };
  const { ticket } = await recording("ts");
  const viewer = await arrive("/", server, { viewport: upright, hasTouch: true, isMobile: true });
  const { page } = viewer;
  await viewer.enter(ticket.code);
  await viewer.sees();
  const fills = () => page.evaluate(() => document.fullscreenElement?.id ?? null);
  // Browsers let a page fill the screen for a moment after a touch.
  await page.touchscreen.tap(200, 100);
  await page.setViewportSize({ width: 844, height: 390 });
  await expect.poll(fills).toBe("player");
  await viewer.sees();
  await page.setViewportSize(upright);
  await expect.poll(fills).toBe(null);
  await expect(page.getByRole("heading", { name: "Halden Quartet" })).toBeVisible();
  await viewer.sees();
});
