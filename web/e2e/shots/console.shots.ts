/** Pictures of every page of the console with an evening's content, to be looked at: `npm run screenshots:admin`. */
import { test } from "@playwright/test";
import { evening } from "../support/evening";
import { Organizer } from "../support/organizer";
import { Server } from "../support/server";

const folder = process.env.STREAMGATE_SHOTS ?? "test-results/console";

test("the console's pages", async ({ browser }) => {
  test.setTimeout(240_000);

  const server = await Server.start();
  try {
    const empty = await Organizer.arrive(browser, server);
    await empty.go("/admin");
    await empty.givePassword("wrong");
    await empty.page.getByText("Wrong password").waitFor();
    const shot = (name: string, page = empty.page, fullPage = false) =>
      page.screenshot({ path: `${folder}/${name}.png`, fullPage });
    await shot("01-sign-in");
    await empty.givePassword();
    await empty.page.getByRole("heading", { name: "Dashboard" }).waitFor();
    await empty.go("/admin/events");
    await empty.page.getByText("No events yet").waitFor();
    await shot("11-empty");
    const { live, upcoming, tickets } = await evening(server);
    const desk = empty.page;
    const visit = async (path: string, name: string, ready: () => Promise<unknown>, page = desk) => {
      await page.goto(server.url + path, { waitUntil: "domcontentloaded" });
      await ready();
      // Fonts and charts need a frame or two.
      await page.evaluate(() => document.fonts.ready);
      await page.waitForTimeout(300);
      await shot(name, page);
    };
    await visit("/admin", "02-dashboard", () => desk.locator(".c-chart canvas").waitFor());
    await desk.locator(".c-chart [role=img]").hover({ position: { x: 500, y: 150 } });
    await shot("02-dashboard-pointed");
    await visit("/admin/events", "03-events", () => desk.getByRole("table").waitFor());
    await desk.getByRole("button", { name: "Actions for Marais" }).click();
    await desk.getByRole("menu").waitFor();
    await shot("03-events-menu");
    await visit(`/admin/events/${live.id}`, "04-event", () => desk.getByRole("table").waitFor());
    await visit(`/admin/events/${upcoming.id}/edit`, "05-form-clean", () => desk.getByLabel("Ends").waitFor());
    await desk.getByLabel("Ends").fill("2020-01-01T10:00");
    await desk.getByRole("button", { name: "Save changes" }).click();
    await desk.getByRole("button", { name: "Test Stream" }).click();
    await desk.getByText("Absent").waitFor();
    await shot("05-form");
    await visit("/admin/tickets", "06-tickets-none", () => desk.getByRole("table").waitFor());
    for (const index of [1, 2, 4]) await desk.getByRole("checkbox").nth(index).check();
    await shot("06-tickets");
    await desk.getByRole("button", { name: /^Revoke 3/ }).click();
    await desk.getByRole("alertdialog").waitFor();
    await shot("06-tickets-question");
    await desk
      .getByRole("button", { name: /^Revoke 3/ })
      .last()
      .click();
    await desk
      .getByText(/in force on/)
      .first()
      .waitFor();
    await shot("06-tickets-in-force");
    await visit(`/admin/tickets/generate?eventId=${upcoming.id}`, "07-generate", () =>
      desk.getByText("Then hand them out").waitFor(),
    );
    await desk.getByLabel("Label").fill("Friends of the hall");
    await desk.getByRole("button", { name: "Generate Tickets" }).click();
    await desk.getByRole("heading", { name: "24 tickets created" }).waitFor();
    await desk.getByRole("button", { name: "Copy link to ticket 2" }).first().click();
    await shot("07-generate-result");
    await desk.getByRole("link", { name: "Print sheet" }).click();
    await desk.getByRole("img", { name: "QR code" }).first().waitFor();
    await shot("08-sheet");
    await desk.pdf({ path: `${folder}/08-sheet.pdf`, preferCSSPageSize: true, printBackground: false });
    await visit(`/admin/help?search=${tickets[0]?.code}`, "09-help", () => desk.getByText("Last refusals").waitFor());
    await visit("/admin/help?search=Row", "09-help-results", () => desk.locator(".c-results").waitFor());
    await visit(`/admin/events/${live.id}`, "10-event", () => desk.getByRole("table").waitFor());
    await desk.getByRole("button", { name: "More actions" }).click();
    await desk.getByRole("menuitem", { name: "Delete" }).click();
    await desk.getByRole("alertdialog").waitFor();
    await shot("10-delete-1");
    await desk.getByRole("button", { name: "Continue" }).click();
    await desk.getByLabel("Title of the event").fill("Halden Quartet: Schubert, We");
    await shot("10-delete-2");
    await visit("/admin/edges", "13-edges", () => desk.getByRole("table").waitFor());
    await visit("/admin/audit-log", "14-audit", () => desk.getByRole("table").waitFor());
    await visit("/admin/events/nowhere", "15-missing", () => desk.getByRole("heading").first().waitFor());

    const state = await desk.context().storageState();
    const phone = await Organizer.arrive(browser, server, {
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      storageState: state,
    });
    const hand = phone.page;
    await visit("/admin", "12-phone-dashboard", () => hand.locator(".c-chart canvas").waitFor(), hand);
    await visit(
      `/admin/help?search=${tickets[0]?.code}`,
      "12-phone-help",
      () => hand.getByText("Last refusals").waitFor(),
      hand,
    );
    await visit("/admin/events", "12-phone-events", () => hand.getByRole("table").waitFor(), hand);
    await visit("/admin/tickets", "12-phone-tickets", () => hand.getByRole("table").waitFor(), hand);
    await visit(`/admin/events/${live.id}`, "12-phone-event", () => hand.getByRole("table").waitFor(), hand);
    await visit("/admin/events/new", "12-phone-form", () => hand.getByLabel("Title").waitFor(), hand);
    const tablet = await Organizer.arrive(browser, server, {
      viewport: { width: 900, height: 800 },
      storageState: state,
    });
    await visit("/admin/tickets", "16-tablet-tickets", () => tablet.page.getByRole("table").waitFor(), tablet.page);
    await visit(
      `/admin/events/${live.id}`,
      "16-tablet-event",
      () => tablet.page.getByRole("table").waitFor(),
      tablet.page,
    );
    await empty.bye();
    await phone.bye();
    await tablet.bye();
  } finally {
    await server.stop();
  }
});
