/** Every screen of the viewer's portal in three widths. `npm run screenshots` writes them to `test-results/screens`. */
import type { Page, Route } from "@playwright/test";
import { test } from "../support/test";
import type { Viewer } from "../support/viewer";

const folder = "test-results/screens";
const poster = "https://posters.example/quartet.svg";
const description =
  "Four players, one glass-roofed hall, one evening. Schubert’s “Rosamunde” opens, Webern’s Five Movements follow, and " +
  "Ravel’s only quartet closes the night, played by lamplight at the Orangery in Lund. Doors open half an hour before.";

const phone = { hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const devices = [
  { name: "desktop", how: { viewport: { width: 1280, height: 800 } } },
  { name: "tablet", how: { viewport: { width: 820, height: 1180 }, hasTouch: true } },
  { name: "phone", how: { viewport: { width: 390, height: 844 }, ...phone } },
  { name: "sideways", how: { viewport: { width: 844, height: 390 }, ...phone } },
];

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720"><defs><radialGradient id="g" cx=".75" cy=".3">
<stop offset="0" stop-color="#6d3f78"/><stop offset="1" stop-color="#0d0c18"/></radialGradient></defs>
<rect width="1280" height="720" fill="url(#g)"/><g fill="none" stroke="#d59a55" stroke-width="3">
<path d="M0 200Q320 90 640 200T1280 200M0 330Q320 240 640 330T1280 330M0 460Q320 400 640 460T1280 460"/></g>
<text x="80" y="600" fill="#f3e9d8" font-size="92" font-family="serif">Halden Quartet</text></svg>`;

for (const { name, how } of devices) {
  test(`screens: ${name}`, async ({ arrive, recording, liveWithWindow, server }) => {
    test.setTimeout(180_000);
    const begin = async (): Promise<Viewer> => {
      const viewer = await arrive("/", server, how);
      await viewer.page.route("https://posters.example/**", (route: Route) =>
        route.fulfill({ contentType: "image/svg+xml", body: svg }),
      );
      return viewer;
    };
    const take = async (page: Page, screen: string) => {
      await atRest(page);
      await page.screenshot({ path: `${folder}/${screen}-${name}.png` });
    };
    const title = "Halden Quartet: Schubert, Webern, Ravel";
    const wish = { title, description, posterUrl: poster };

    const viewer = await begin();
    const { page } = viewer;
    await viewer.field.waitFor();
    await page.evaluate(() => document.fonts.ready);
    await take(page, "01-entry");
    await viewer.enter("k7Rm2XqTb9Lw");
    await page.getByText("Invalid code").waitFor();
    await take(page, "02-wrong-code");

    const taken = await recording("tracks", wish);
    await viewer.validateElsewhere(taken.ticket.code);
    await viewer.enter(taken.ticket.code);
    await page.getByText("on another device").waitFor();
    await take(page, "03-in-use");

    const later = await server.admin.createEvent({ ...wish, startsInMs: 8_768_000, endsInMs: 16_000_000 });
    await viewer.enter((await server.admin.createTicket(later)).code);
    await page.getByRole("timer").waitFor();
    await page.locator(".granted-stage").waitFor({ state: "detached" });
    await take(page, "05-waiting");
    await page.getByRole("button", { name: "Back" }).click();

    const shown = await liveWithWindow(wish);
    await viewer.enter(shown.ticket.code);
    await viewer.sees();
    await wake(page);
    await take(page, "06-live");
    if (name === "desktop") await page.getByRole("slider", { name: "Position" }).hover({ position: { x: 500, y: 18 } });
    for (let times = 0; times < 3; times += 1) await page.getByRole("button", { name: "Back 10 seconds" }).click();
    await viewer.sees();
    await take(page, "06-behind-live");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await take(page, "14-shortcuts");
    await page.keyboard.press("Escape");
    await page.route("**/streams/**", (route) => route.abort());
    await page.getByText(/Attempt 2 of 5/).waitFor({ timeout: 60_000 });
    await take(page, "13-reconnecting");
    await page.unroute("**/streams/**");
    await server.admin.revoke(shown.ticket);
    await viewer.overlay.waitFor({ timeout: 30_000 });
    await take(page, "10-revoked");
    await page.getByRole("button", { name: "Enter another code" }).click();

    const soon = await recording("tracks", {
      ...wish,
      startsInMs: -10_800_000,
      endsInMs: -2_700_001,
      accessWindowHours: 1,
    });
    await viewer.enter(soon.ticket.code);
    await viewer.sees();
    await page.getByRole("button", { name: "Captions" }).click();
    await page.getByRole("menuitemradio", { name: "English" }).click();
    await page.getByText("All four players pluck").waitFor();
    await wake(page);
    await take(page, "12-expiry-toast");
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByRole("button", { name: "Quality" }).click();
    await take(page, "07-recording-quality");
    await page.keyboard.press("Escape");
    const other = await viewer.anotherTab();
    await other.enter(soon.ticket.code);
    await viewer.overlay.waitFor();
    await take(page, "11-other-tab");
  });
}

/** Waits for what moves and ends, such as a menu that opens. */
const atRest = (page: Page) =>
  page.waitForFunction(() =>
    document
      .getAnimations()
      .every(({ playState, effect }) => playState !== "running" || effect?.getComputedTiming().endTime === Infinity),
  );

/** Moves the pointer, so that the controls are there. */
async function wake(page: Page): Promise<void> {
  await page.mouse.move(400, 200);
  await page.mouse.move(410, 210);
}
