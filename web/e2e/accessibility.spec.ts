import type { Page } from "@playwright/test";
import { complaintsOfAxe } from "./support/axe";
import { expect, test } from "./support/test";

const ways: Record<string, (page: Page) => Promise<void>> = {
  "on a desktop": (page) => page.setViewportSize({ width: 1280, height: 720 }),
  "on a phone, 390 px wide": (page) => page.setViewportSize({ width: 390, height: 844 }),
  "zoomed to 200 %, which leaves 640 px": (page) => page.setViewportSize({ width: 640, height: 360 }),
  "with forced colours": (page) => page.emulateMedia({ forcedColors: "active" }),
  "with reduced motion": (page) => page.emulateMedia({ reducedMotion: "reduce" }),
};

for (const [way, prepare] of Object.entries(ways)) {
  test(`axe finds nothing on any screen: ${way}`, async ({ arrive, recording, server }) => {
    const viewer = await arrive();
    const { page } = viewer;
    await prepare(page);
    const judge = async (screen: string) => {
      expect.soft(await complaintsOfAxe(page), screen).toEqual([]);
      expect.soft(await lost(page), `${screen}: nothing is cut off or hidden behind something else`).toEqual([]);
    };
    await expect(viewer.field).toBeVisible();
    await judge("entry");

    await viewer.enter("abcdEFGH1234");
    await expect(page.getByRole("alert")).toContainText("Invalid code.");
    await judge("a wrong code");

    const { ticket, event } = await recording("tracks", { description: "One evening. ".repeat(60) });
    await viewer.validateElsewhere(ticket.code);
    await viewer.enter(ticket.code);
    await expect(page.getByRole("alert")).toContainText("on another device");
    await judge("in use");

    const matinee = await server.admin.createEvent({ title: "Matinee", startsInMs: 7_200_000, endsInMs: 9_000_000 });
    await viewer.enter((await server.admin.createTicket(matinee)).code);
    await expect(page.getByRole("timer")).toBeVisible();
    await judge("waiting room");
    await page.getByRole("button", { name: "Back" }).click();

    await page.route("**/streams/**", (route) => route.abort());
    const second = await server.admin.createTicket(event);
    await viewer.enter(second.code);
    await expect(page.getByText(/Reconnecting/)).toBeVisible();
    await judge("reconnecting");

    await page.unroute("**/streams/**");
    await viewer.sees();
    await wake(page);
    await expect(page.getByRole("group", { name: "Playback controls" })).toHaveCSS("opacity", "1");
    await judge("player");
    await page.getByRole("button", { name: "Captions" }).click();
    await page.getByRole("menuitemradio", { name: "English" }).click();
    await page.getByRole("button", { name: "Quality" }).click();
    expect.soft(await complaintsOfAxe(page), "player with a menu").toEqual([]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog")).toBeVisible();
    expect.soft(await complaintsOfAxe(page), "keyboard shortcuts").toEqual([]);
    await page.keyboard.press("Escape");

    await server.admin.revoke(second);
    await expect(viewer.overlay).toBeVisible();
    await judge("ended");
  });
}

test("the keyboard alone leads from the code to the picture and through its controls", async ({
  arrive,
  recording,
  server,
}) => {
  const { ticket } = await recording("ts");
  const viewer = await arrive();
  const { page } = viewer;
  await expect(viewer.field).toBeFocused();
  await page.keyboard.type("abcdEFGH1234");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("Invalid code.");
  await expect(viewer.field, "the next code replaces the wrong one").toBeFocused();
  await page.keyboard.type(ticket.code);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Watch Now" })).toBeFocused();
  expect(await focusIsVisible(page)).toBe(true);
  await page.keyboard.press("Enter");
  await viewer.sees();
  await expect(page.getByRole("main"), "readers begin at the new screen").toBeFocused();

  const order: string[] = [];
  for (let stop = 0; stop < 10; stop += 1) {
    await page.keyboard.press("Tab");
    order.push(await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? ""));
    expect(await focusIsVisible(page), `focus on ${order.at(-1)}`).toBe(true);
  }
  expect(order).toEqual([
    "Back",
    "Position",
    "Pause",
    "Back 10 seconds",
    "Forward 10 seconds",
    "Mute",
    "Volume",
    "Quality",
    "Pop out: picture in picture",
    "Full screen",
  ]);
  await page.getByRole("slider", { name: "Volume" }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("slider", { name: "Volume" })).toHaveAttribute("aria-valuetext", "95 percent");
  await expect(page.getByRole("slider", { name: "Position" })).toHaveAttribute(
    "aria-valuetext",
    /second.* of 5\d seconds/,
  );

  await server.admin.revoke(ticket);
  await expect(viewer.overlay).toBeVisible();
  await expect(page.getByRole("button", { name: "Enter another code" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(viewer.field).toBeFocused();
});

test("what happens is said to those who do not see it", async ({ arrive, live, server }) => {
  const viewer = await arrive();
  const { page } = viewer;
  const { ticket } = await live();
  const said = await listen(page);
  await viewer.enter(ticket.code);
  await viewer.sees();
  await expect.poll(said).toContain("Playing live");
  expect(await said()).toContain("Checking your code");
  await page.keyboard.press("Space");
  await expect.poll(said).toContain("Paused");
  await page.keyboard.press("Space");
  await page.route("**/streams/**", (route) => route.abort());
  await expect
    .poll(said, { timeout: 30_000 })
    .toEqual(expect.arrayContaining([expect.stringMatching(/^Reconnecting/)]));
  await page.unroute("**/streams/**");
  await server.admin.revoke(ticket);
  await expect(page.getByRole("alertdialog", { name: "Your access has been revoked" })).toBeVisible({
    timeout: 30_000,
  });
});

/** Moves the pointer, so that the controls are there. */
async function wake(page: Page): Promise<void> {
  await page.mouse.move(200, 200);
  await page.mouse.move(210, 210);
}

const focusIsVisible = (page: Page) =>
  page.evaluate(() => {
    const focused = document.activeElement;
    if (focused === null || !focused.matches(":focus-visible")) return false;
    const { outlineStyle, outlineWidth, opacity } = getComputedStyle(focused);
    return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2 && opacity === "1";
  });

/** Buttons, fields and sliders that are smaller than 24 px, outside of the window, or under something else. */
const lost = (page: Page) =>
  page.evaluate(() => {
    const found: string[] = [];
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page scrolls sideways: ${scrollWidth} of ${clientWidth} px`);
    for (const control of document.querySelectorAll("button, input, a")) {
      control.scrollIntoView({ block: "nearest" });
      const { left, top, width, height } = control.getBoundingClientRect();
      const name = control.getAttribute("aria-label") ?? control.textContent;
      if (width < 24 || height < 24) found.push(`${name} is ${width} x ${height} px`);
      const atCentre = document.elementFromPoint(left + width / 2, top + height / 2);
      if (atCentre === null || !control.contains(atCentre)) found.push(`${name} is not at hand`);
    }
    return found;
  });

/** Returns what live regions said from now on, in this document. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = [];
    Reflect.set(window, "said", said);
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const region = element?.closest("[role=status], [role=alert]");
        const text = region?.textContent?.trim() ?? "";
        if (text !== "" && said.at(-1) !== text) said.push(text);
      }
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => Reflect.get(window, "said") as string[]);
}
