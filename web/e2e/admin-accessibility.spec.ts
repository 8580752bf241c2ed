import type { Page } from "@playwright/test";
import { complaintsOfAxe } from "./support/axe";
import { type Evening, evening } from "./support/evening";
import { Organizer } from "./support/organizer";
import { Server } from "./support/server";
import { test as base, expect } from "./support/test";

/** One installation in the middle of an evening, which these tests only look at. */
const test = base.extend<object, { busy: { server: Server; evening: Evening } }>({
  busy: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const server = await Server.start();
      await use({ server, evening: await evening(server) });
      await server.stop();
    },
    { scope: "worker" },
  ],
});

const ways: Record<string, (page: Page) => Promise<void>> = {
  "on a desktop": async () => undefined,
  "on a phone, 390 px wide": (page) => page.setViewportSize({ width: 390, height: 844 }),
  "zoomed to 200 %, which leaves 640 px": (page) => page.setViewportSize({ width: 640, height: 400 }),
  "with forced colours": (page) => page.emulateMedia({ forcedColors: "active" }),
  "with reduced motion": (page) => page.emulateMedia({ reducedMotion: "reduce" }),
};

for (const [way, prepare] of Object.entries(ways)) {
  test(`axe finds nothing on any page of the console: ${way}`, async ({ browser, busy: { server, evening } }) => {
    const organizer = await Organizer.arrive(browser, server);
    const { page } = organizer;
    await prepare(page);
    const judge = async (what: string) => {
      expect.soft(await complaintsOfAxe(page), what).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(overflow, `${what}: nothing is wider than the window`).toBeLessThanOrEqual(0);
    };
    await organizer.go("/admin");
    await organizer.givePassword("not the password");
    await expect(page.getByText("Wrong password")).toBeVisible();
    await judge("sign-in");
    await organizer.givePassword();
    await expect(page.getByText(/^Now \d+\./)).toBeVisible();
    await judge("dashboard");
    const [ticket] = evening.tickets;
    const pages: [string, string][] = [
      ["/admin/events", "Halden Quartet"],
      ["/admin/events?search=nothing+has+this+title", "No events match"],
      [`/admin/events/${evening.live.id}`, "How to publish"],
      [`/admin/events/${evening.live.id}/edit`, "Device policy"],
      ["/admin/events/new", "Device policy"],
      [`/admin/events/${evening.upcoming.id}/sheet`, "Watch until"],
      ["/admin/tickets", "Friends of the hall"],
      ["/admin/tickets/generate", "Then hand them out"],
      [`/admin/help?search=${ticket?.code}`, "Last refusals"],
      ["/admin/help?search=Row", "more tickets"],
      ["/admin/edges", "In step"],
      ["/admin/audit-log", "Ticket redeemed"],
      ["/admin/nowhere", "leads nowhere"],
    ];
    for (const [path, sign] of pages) {
      await organizer.go(path);
      await expect(page.getByRole("main").getByText(sign).filter({ visible: true }).first()).toBeVisible();
      await judge(path);
    }
    await organizer.go("/admin/tickets");
    await organizer
      .button(/^Actions for/)
      .first()
      .click();
    await expect(page.getByRole("menu")).toBeVisible();
    await judge("menu");
    await page.getByRole("menuitem", { name: "Revoke…" }).click();
    await expect(organizer.dialog).toBeVisible();
    await judge("question");
    await organizer.bye();
  });
}

test("the keyboard alone creates an event, makes tickets and revokes one", async ({ browser, server }) => {
  const organizer = await Organizer.arrive(browser, server);
  const { page } = organizer;
  const press = (...keys: string[]) =>
    keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const reach = async (name: string | RegExp) => {
    const wanted = page
      .getByRole("main")
      .or(page.getByRole("alertdialog"))
      .getByRole("button", { name })
      .or(organizer.link(name))
      .first();
    for (let steps = 0; steps < 60; steps += 1) {
      if (await wanted.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`the keyboard does not reach ${name}`);
  };
  await organizer.go("/admin/events/new");
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
  await page.keyboard.type("console-password");
  await press("Enter");
  await expect(organizer.heading).toHaveText("Create event");
  await press("Tab");
  await expect(organizer.link("Skip to the content")).toBeFocused();
  await press("Enter");
  await reach("Create Event");
  await press("Tab");
  await page.keyboard.type("Typed by keyboard");
  await press("Enter");
  await expect(organizer.heading).toHaveText("Typed by keyboard");
  const eventId = new URL(page.url()).pathname.split("/").at(-1);
  await reach("Generate tickets");
  await press("Enter");
  await expect(organizer.heading).toHaveText("Generate tickets");
  await reach("Generate Tickets");
  await press("Enter");
  await expect(page.getByRole("heading", { name: "24 tickets created" })).toBeVisible();
  await page.keyboard.press("/");
  await expect(organizer.heading).toHaveText("Help a viewer");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await organizer.go(`/admin/tickets?eventId=${eventId}`);
  await reach(/^Actions for/);
  await press("Enter", "End", "Enter");
  await expect(organizer.dialog).toBeVisible();
  await reach("Revoke ticket");
  await press("Enter");
  await expect(page.getByText(/in force on 1\/1 edges after/)).toBeVisible();
  await organizer.bye();
});

test("live numbers rest while nobody looks at the page", async ({ browser, server }) => {
  const organizer = await Organizer.arrive(browser, server);
  const { page } = organizer;
  await organizer.signIn();
  await expect(page.getByText(/in all$/)).toBeVisible();
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().includes("/api/admin/")) asked += 1;
  });
  const hide = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "visibilityState", {
        configurable: true,
        get: () => (value ? "hidden" : "visible"),
      });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  await page.clock.install();
  asked = 0;
  await page.clock.runFor(60_000);
  expect(asked).toBe(0);
  await hide(false);
  await page.clock.runFor(6_000);
  await expect.poll(() => asked).toBeGreaterThan(0);
  await organizer.bye();
});
